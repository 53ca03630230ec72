using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Api.Jobs.Workers;
using Hearth.Jobs;
using Hearth.Schedules;
using Hearth.Storage;
using Orleans.Runtime;

namespace Hearth.Api.Schedules;

/// <summary>What the routes of schedules have in common: the name, the body, and what an error means to its caller.</summary>
internal static class ScheduleRoute
{
    public static async Task AnswerAsync(HttpContext http, Func<string, Task<Problem?>> answer)
    {
        var name = (string?)http.Request.RouteValues["name"];
        var problem = name is null || ScheduleName.IsValid(name)
            ? await TryAsync(() => answer(name ?? ""))
            : Problems.InvalidInput($"'{Problems.Shown(name)}' cannot be a schedule: {ScheduleName.Rule}.", "name");
        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }

    /// <summary>The body, and whether it came as XML.</summary>
    public static Task<(JsonDocument Document, bool IsXml)> BodyAsync(HttpContext http) => WorkerBody.ReadAsync(http, reference: "schedules.md");

    /// <summary>The body of a request that may have none.</summary>
    public static async Task<(JsonDocument Document, bool IsXml)> OptionalBodyAsync(HttpContext http) =>
        http.Request.ContentLength is 0 || (http.Request.ContentLength is null && http.Request.ContentType is null)
            ? (JsonDocument.Parse("{}"), false)
            : await BodyAsync(http);

    /// <summary>Why nothing was changed; null when it was.</summary>
    public static Problem? Refused(string name, ScheduleAnswer answer) => answer.Result switch
    {
        ScheduleResult.Unknown => Problems.UnknownSchedule(name),
        ScheduleResult.NotExpected => Problems.ScheduleChanged(name),
        _ => null,
    };

    private static async Task<Problem?> TryAsync(Func<Task<Problem?>> answer)
    {
        try
        {
            return await answer();
        }
        catch (JobRejectedException e)
        {
            return e.Problem;
        }
        catch (ScheduleUnreadableException e)
        {
            return Problems.ScheduleUnreadable(e.Message);
        }
        catch (QueueWithoutSiloException e)
        {
            return Problems.QueueWithoutSilo(e.Message);
        }
        catch (OutcomeUnknownException)
        {
            return Problems.OutcomeUnknown;
        }
        catch (StoreUnavailableException)
        {
            return Problems.ScheduleStoreUnavailable;
        }
        catch (OrleansException)
        {
            return Problems.SiloUnavailable;
        }
    }
}
