using Hearth.Api.Http;
using Hearth.Jobs;
using Hearth.Storage;
using Microsoft.AspNetCore.Http.Extensions;

namespace Hearth.Api.Jobs.Lists;

/// <summary><c>GET /v1/jobs</c>: jobs that match, newest first, page by page.</summary>
internal sealed class JobListEndpoint(JobList list)
{
    public async Task ListAsync(HttpContext http)
    {
        var (query, problem) = JobQuery.Read(http.Request.Query);
        problem ??= await AnswerAsync(http, query);
        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }

    private async Task<Problem?> AnswerAsync(HttpContext http, JobQuery query)
    {
        ListedJobs page;
        try
        {
            page = await list.PageAsync(query.Queue, query.ToFilter(), query.State, http.RequestAborted);
        }
        catch (StoreUnavailableException)
        {
            return Problems.StoreUnreadable;
        }

        var next = page.Next is { } below ? PathOf(http.Request, ListCursor.Of(below, query.Filter)) : null;
        if (next is not null)
            http.Response.Headers.Link = $"<{next}>; rel=\"next\"";
        return await Resource.WriteAsync(
            http, new JobListDocument([.. page.Jobs.Select(job => JobDocument.From(job.Job, job.Queue, http.Request))], next, page.IsCut), StatusCodes.Status200OK);
    }

    private static string PathOf(HttpRequest request, string cursor)
    {
        var query = new QueryBuilder(request.Query.Where(q => q.Key != "cursor")) { { "cursor", cursor } };
        return $"{request.PathBase}{request.Path}{query}";
    }
}

/// <param name="Jobs">Newest first.</param>
/// <param name="Next">The next page; null: this is the last.</param>
/// <param name="Cut">The page stopped at 50,000 jobs looked at, or 200 ms, before it was full; the next one goes on from there.</param>
internal sealed record JobListDocument(IReadOnlyList<JobDocument> Jobs, string? Next, bool Cut);
