using Hearth.Api.Http;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Queues;

/// <summary><c>DELETE /v1/queues/{queue}/back-off</c>: jobs start that wait because runs have asked for it, or because the circuit breaker is open.</summary>
internal sealed class BackOffEndpoint(QueueEndpoints queues, QueueBackOff backOff)
{
    public async Task EndAsync(HttpContext http)
    {
        Problem? problem;
        try
        {
            problem = await AnswerAsync(http, (string)http.Request.RouteValues["queue"]!);
        }
        catch (StoreUnavailableException)
        {
            problem = Problems.StoreUnreadable;
        }

        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }

    private async Task<Problem?> AnswerAsync(HttpContext http, string queue)
    {
        if (!QueueName.IsValid(queue) || await queues.FindAsync(queue, http) is null)
            return Problems.UnknownQueue(queue);
        await backOff.EndAsync(queue, http.RequestAborted);
        if (await queues.FindAsync(queue, http) is not var (now, document))
            return Problems.UnknownQueue(queue);
        Conditions.Show(http.Response, now.ETag);
        await Resource.WriteAnywayAsync(http, document, StatusCodes.Status200OK);
        return null;
    }
}
