using System.Diagnostics;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Client;
using Hearth.Client.Http;
using Hearth.Cluster;
using Hearth.Functions.Payloads;
using Hearth.Objects;
using Hearth.Storage;

namespace Hearth.InProcess;

/// <summary>What the API would answer, as the client tells it.</summary>
internal static class Answering
{
    /// <summary>As <see cref="HearthClientOptions.RetryFor"/> is over HTTP, unless configured.</summary>
    private static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(30);

    public static HearthException ToException(this Problem problem, Exception? inner = null) => new(
        new HearthProblem(
            problem.Type, problem.Title, problem.Status, problem.Detail, problem.Field, problem.Choices is { Count: > 0 } choices ? choices : null,
            Activity.Current?.TraceId.ToHexString(), problem.RetryAfter),
        inner);

    /// <summary>A document of the API as the client reads it.</summary>
    public static T Read<T>(object document) =>
        JsonSerializer.SerializeToElement(document, document.GetType(), HearthJson.Strict).Deserialize<T>(JsonSerializerOptions.Web)!;

    /// <summary>Asks, words the errors of stores and grains as the API does, and asks again as a client over HTTP does.</summary>
    public static async Task<T> AskAsync<T>(Func<Task<T>> ask, Repeat repeat, TimeProvider clock, CancellationToken cancellationToken) =>
        await RepeatRules.RunAsync(async _ =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await ask();
            }
            catch (Exception e) when (Explain(e) is { } problem && !cancellationToken.IsCancellationRequested)
            {
                throw problem.ToException(e);
            }
        }, repeat, RetryFor, clock, cancellationToken);

    private static Problem? Explain(Exception error) => (StoreTrouble.In(error) ?? error) switch
    {
        OutcomeUnknownException or TimeoutException => Problems.OutcomeUnknown,
        CorruptRowException => Problems.Damaged,
        StoreUnavailableException => Problems.StoreUnreadable,
        Orleans.Runtime.OrleansException orleans => NotRun.Is(orleans) ? Problems.SiloUnavailable : Problems.OutcomeUnknown,
        _ => null,
    };
}
