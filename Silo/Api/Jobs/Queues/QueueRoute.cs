using Hearth.Api.Http;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Queues;

/// <summary>What the routes of queues have in common that do not touch definitions.</summary>
internal static class QueueRoute
{
    /// <summary>Runs a handler for the queue of the path. A name that cannot be one is answered like one that is not there.</summary>
    public static Task AnswerAsync(HttpContext http, Func<string, Task<Problem?>> answer)
    {
        var queue = (string)http.Request.RouteValues["queue"]!;
        return AnswerAsync(http, async () => QueueName.IsValid(queue) ? await answer(queue) : Problems.UnknownQueue(queue));
    }

    public static async Task AnswerAsync(HttpContext http, Func<Task<Problem?>> answer)
    {
        Problem? problem;
        try
        {
            problem = await answer();
        }
        catch (StoreUnavailableException)
        {
            problem = Problems.StoreUnreadable;
        }

        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }
}
