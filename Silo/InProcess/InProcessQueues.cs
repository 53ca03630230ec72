using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Queues;
using Hearth.Api.Jobs.Submitting;
using Hearth.Client;
using Hearth.Client.Http;
using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.InProcess;

/// <summary>Queues and their definitions, by the API's own code.</summary>
internal sealed class InProcessQueues(
    QueueDefinitionEndpoints endpoints, QueueDefinitions definitions, QueueEndpoints queues, BackOffEndpoint backOff, TimeProvider clock)
{
    public Task<QueueInfo> GetAsync(string name, CancellationToken cancellationToken) => AskAsync(
        name, Repeat.Always, async http => await queues.FindAsync(name, http) ?? throw Problems.UnknownQueue(name).ToException(), cancellationToken);

    public Task<QueueInfo> PutAsync(string name, object definition, string? ifMatch, CancellationToken cancellationToken)
    {
        var json = Json(definition);
        return ChangeAsync(name, now => endpoints.Read(name, now, json, lenient: false), ifMatch, cancellationToken);
    }

    public Task<QueueInfo> PatchAsync(string name, object patch, string? ifMatch, CancellationToken cancellationToken)
    {
        var json = Json(patch);
        return ChangeAsync(name, now => endpoints.Patched(name, now, json), ifMatch, cancellationToken);
    }

    public Task<QueueInfo> PauseAsync(string name, bool isPaused, CancellationToken cancellationToken) =>
        ChangeAsync(name, now => now.Definition with { Paused = isPaused }, null, cancellationToken);

    public Task<QueueInfo> EndBackOffAsync(string name, CancellationToken cancellationToken) => AskAsync(
        name, Repeat.Always, async http => await backOff.EndAsync(name, http) ?? throw Problems.UnknownQueue(name).ToException(), cancellationToken);

    public Task DeleteAsync(string name, string? ifMatch, CancellationToken cancellationToken) => AskAsync(
        name, Repeating(ifMatch), async _ =>
        {
            Check(name, (await definitions.DeleteAsync(name, Condition(ifMatch))).Outcome);
            return default((QueueView, QueueDocument)?);
        },
        cancellationToken);

    private Task<QueueInfo> ChangeAsync(string name, Func<QueueView, QueueDefinition> change, string? ifMatch, CancellationToken cancellationToken) => AskAsync(
        name, Repeating(ifMatch), async http =>
        {
            var changed = await definitions.ChangeAsync(name, change, Condition(ifMatch));
            Check(name, changed.Outcome);
            return (changed.Now, await queues.DocumentAsync(name, changed.Now, http));
        },
        cancellationToken);

    private async Task<QueueInfo> AskAsync(
        string name, Repeat repeat, Func<HttpContext, Task<(QueueView View, QueueDocument Document)?>> ask, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!QueueName.IsValid(name))
            throw Problems.InvalidInput($"'{Problems.Shown(name)}' cannot be a queue: {QueueName.Rule}.", "queue").ToException();
        try
        {
            var answer = await Answering.AskAsync(() => ask(new DefaultHttpContext { RequestAborted = cancellationToken }), repeat, clock, cancellationToken);
            return answer is var (view, document) ? Answering.Read<QueueInfo>(document) with { ETag = view.ETag } : null!;
        }
        catch (JobRejectedException e)
        {
            throw e.Problem.ToException();
        }
    }

    private static JsonElement Json(object value) => JsonElement.Parse(Payload.Of(value).Bytes.Span);

    private static Repeat Repeating(string? ifMatch) => ifMatch is null ? Repeat.Always : Repeat.OnlyIfNotDone;

    private static QueueCondition Condition(string? ifMatch) => ifMatch is null ? QueueCondition.None : new QueueCondition([ifMatch]);

    private static void Check(string name, QueueChangeOutcome outcome)
    {
        if (QueueDefinitionEndpoints.Refusal(name, outcome) is { } refused)
            throw refused.ToException();
    }
}
