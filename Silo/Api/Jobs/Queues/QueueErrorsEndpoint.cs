using Hearth.Api.Http;
using Hearth.Api.Jobs.Lists;
using Hearth.Jobs;
using Hearth.Jobs.Errors;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Primitives;

namespace Hearth.Api.Jobs.Queues;

/// <summary><c>GET /v1/queues/{queue}/errors</c>: what went wrong in a queue, and how often.</summary>
internal sealed class QueueErrorsEndpoint(ErrorCensus errors, ShardDirectory shards)
{
    private static readonly string[] Known = ["function", "tag", "from", "to", "error", "cursor"];

    public Task ShowAsync(HttpContext http) => QueueRoute.AnswerAsync(http, async queue =>
    {
        if (await shards.ShardsAsync(queue, http.RequestAborted) is [])
            return Problems.UnknownQueue(queue);
        var (query, problem) = Read(queue, http.Request.Query);
        if (problem is not null)
            return problem;
        var found = await errors.ReadAsync(queue, query.ToFilter(), http.RequestAborted);
        var next = found.Next is { } below ? PathOf(http.Request, ListCursor.Of(below, query.Filter)) : null;
        if (next is not null)
            http.Response.Headers.Link = $"<{next}>; rel=\"next\"";
        return await Resource.WriteAsync(http, new QueueErrorsDocument(queue, found.Groups, next, next is not null), StatusCodes.Status200OK);
    });

    /// <summary>Reads the conditions; they are those of a list of the queue's failed jobs.</summary>
    public static (JobQuery Query, Problem? Problem) Read(string queue, IQueryCollection given)
    {
        if (given.Keys.FirstOrDefault(name => !Known.Contains(name, StringComparer.Ordinal)) is { } strange)
            return (new JobQuery(), Problems.InvalidInput($"'{Problems.Shown(strange)}' is not known: use one of {string.Join(", ", Known)}.", Problems.Shown(strange)));
        var conditions = given.ToDictionary(StringComparer.Ordinal);
        (conditions["queue"], conditions["state"]) = (queue, "failed");
        return JobQuery.Read(new QueryCollection(conditions));
    }

    private static string PathOf(HttpRequest request, string cursor)
    {
        var query = new QueryBuilder(request.Query.Where(q => q.Key != "cursor").Append(KeyValuePair.Create("cursor", new StringValues(cursor))));
        return $"{request.PathBase}{request.Path}{query}";
    }
}

/// <param name="Queue">The queue.</param>
/// <param name="Errors">Jobs that failed alike; those with most jobs first.</param>
/// <param name="Next">Where older jobs are grouped; null: there are none.</param>
/// <param name="Cut">There are older ones: it stopped at 20,000 jobs, 200 groups, or 1 s.</param>
internal sealed record QueueErrorsDocument(string Queue, IReadOnlyList<ErrorGroup> Errors, string? Next, bool Cut);
