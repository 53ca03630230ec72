using Hearth.Api.Http;
using Hearth.Cluster;
using Hearth.Objects;
using Hearth.Storage;
using Orleans.Runtime;
using Orleans.Storage;

namespace Hearth.Api.Objects;

/// <summary>What the routes of objects have in common: finding the kind, and what an object's silence means.</summary>
internal static class ObjectRoute
{
    public static async Task AnswerAsync(HttpContext http, ObjectRegistry objects, Func<ServedObject, Task<Problem?>> answer)
    {
        var name = (string)http.Request.RouteValues["name"]!;
        var problem = objects.Find(name) is { } served ? await TryAsync(() => answer(served)) : Problems.UnknownObject(name, objects.Near(name));
        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }

    /// <summary>Asks one object, unless too many are asked already.</summary>
    public static Task AskAsync(HttpContext http, ObjectRegistry objects, Func<ServedObject, string, Task<Problem?>> answer) =>
        AnswerAsync(http, objects, async served =>
        {
            var (key, invalid) = ObjectPath.ReadKey(http);
            if (invalid is not null)
                return invalid;
            if (!served.TryEnter())
                return Problems.BusyObject(served);
            try
            {
                return await answer(served, key);
            }
            finally
            {
                served.Leave();
            }
        });

    /// <summary>What an error of an object means to its caller; null for a defect.</summary>
    public static Problem? Explain(Exception error) => error switch
    {
        InconsistentStateException => Problems.ObjectMoved,
        _ when StoreTrouble.In(error) is { } trouble => trouble is OutcomeUnknownException ? Problems.ObjectSilent : Problems.StoreUnreadable,
        _ when NotRun.Is(error) => Problems.SiloUnavailable,
        TimeoutException or OrleansException => Problems.ObjectSilent,
        _ => null,
    };

    private static async Task<Problem?> TryAsync(Func<Task<Problem?>> answer)
    {
        try
        {
            return await answer();
        }
        catch (Exception e) when (Explain(e) is not null)
        {
            return Explain(e);
        }
    }
}
