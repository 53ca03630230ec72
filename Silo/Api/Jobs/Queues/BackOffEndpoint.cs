using Hearth.Api.Http;
using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Api.Jobs.Queues;

/// <summary><c>DELETE /v1/queues/{queue}/back-off</c>: jobs start that wait because runs have asked for it, or because the circuit breaker is open.</summary>
internal sealed class BackOffEndpoint(QueueEndpoints queues, QueueBackOff backOff)
{
    public Task EndAsync(HttpContext http) => QueueRoute.AnswerAsync(http, async queue =>
    {
        if (await EndAsync(queue, http) is not var (now, document))
            return Problems.UnknownQueue(queue);
        Conditions.Show(http.Response, now.ETag);
        await Resource.WriteAnywayAsync(http, document, StatusCodes.Status200OK);
        return null;
    });

    /// <summary>The queue as it is then; null: there is none.</summary>
    public async Task<(QueueView View, QueueDocument Document)?> EndAsync(string queue, HttpContext http)
    {
        if (await queues.FindAsync(queue, http) is null)
            return null;
        await backOff.EndAsync(queue, http.RequestAborted);
        return await queues.FindAsync(queue, http);
    }
}
