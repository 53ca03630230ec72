using Hearth.Api.Http;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs;

/// <summary>What the routes of one job have in common.</summary>
internal static class JobRoute
{
    /// <summary>Runs a handler for the job of the path. An id that cannot be one is answered like one that is not there.</summary>
    public static async Task AnswerAsync(HttpContext http, Func<JobId, Task<Problem?>> answer)
    {
        Problem? problem;
        try
        {
            problem = JobId.TryParse(IdOf(http), out var id) ? await answer(id) : Unknown(http);
        }
        catch (StoreUnavailableException e) when (e is not OutcomeUnknownException)
        {
            problem = Problems.StoreUnreadable;
        }

        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }

    public static Problem Unknown(HttpContext http) => Problems.UnknownJob(IdOf(http));

    private static string IdOf(HttpContext http) => (string)http.Request.RouteValues["id"]!;
}
