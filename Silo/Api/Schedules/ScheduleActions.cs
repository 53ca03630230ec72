using Hearth.Api.Http;
using Hearth.Api.Jobs;
using Hearth.Schedules;

namespace Hearth.Api.Schedules;

/// <summary>Acting on a schedule: <c>POST .../pause</c>, <c>resume</c>, <c>trigger</c> and <c>backfill</c>.</summary>
internal sealed class ScheduleActions(ScheduleBook book)
{
    public Task PauseAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
    {
        var conditions = ScheduleConditions.Read(http.Request);
        var (document, isXml) = await ScheduleRoute.OptionalBodyAsync(http);
        using (document)
        {
            var reason = ScheduleReader.ReadReason(document.RootElement, isXml);
            return await AnswerAsync(http, name, await book.PauseAsync(name, reason, conditions.Hold, http.RequestAborted));
        }
    });

    public Task ResumeAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
        await AnswerAsync(http, name, await book.ResumeAsync(name, ScheduleConditions.Read(http.Request).Hold, http.RequestAborted)));

    public Task TriggerAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
    {
        if (!IdempotencyKey.TryRead(http.Request, out var key))
            return Problems.InvalidKey;
        var (answer, run) = await book.TriggerAsync(name, key, http.RequestAborted);
        if (ScheduleRoute.Refused(name, answer) is { } problem)
            return problem;
        var document = ScheduleRunDocument.From(run!, http.Request);
        http.Response.Headers.Location = document.Job;
        await Resource.WriteAnywayAsync(http, document, StatusCodes.Status202Accepted);
        return null;
    });

    public Task BackfillAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
    {
        var (document, isXml) = await ScheduleRoute.BodyAsync(http);
        using (document)
        {
            var (from, to, oneByOne) = ScheduleReader.ReadBackfill(document.RootElement, isXml, book.Now);
            var (answer, ticks, submitted) = await book.BackfillAsync(name, from, to, oneByOne, http.RequestAborted);
            if (ScheduleRoute.Refused(name, answer) is { } problem)
                return problem;
            if (answer.Result == ScheduleResult.TooMany)
                return Problems.BackfillTooLarge;
            await Resource.WriteAnywayAsync(http, new BackfillDocument(ticks, submitted, oneByOne ? ticks : 0), StatusCodes.Status202Accepted);
            return null;
        }
    });

    private static async Task<Problem?> AnswerAsync(HttpContext http, string name, ScheduleAnswer answer)
    {
        if (ScheduleRoute.Refused(name, answer) is { } problem)
            return problem;
        http.Response.Headers.ETag = ScheduleDocument.TagOf(answer.Schedule!);
        await Resource.WriteAnywayAsync(http, ScheduleDocument.From(answer.Schedule!, http.Request), StatusCodes.Status200OK);
        return null;
    }
}
