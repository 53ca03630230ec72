using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Hearth.Api.Http;
using Hearth.Schedules;
using Hearth.Storage;
using Microsoft.AspNetCore.Http.Extensions;

namespace Hearth.Api.Schedules;

/// <summary>Lists: <c>GET /v1/schedules</c>, <c>GET /v1/schedules/{name}/runs</c> and <c>.../next</c>.</summary>
internal sealed class ScheduleLists(ScheduleBook book)
{
    private const int LimitMax = 1_000;
    private const int LimitDefault = 50;

    public Task ListAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async _ =>
    {
        if (Read(http.Request.Query, "limit", LimitDefault, "cursor", out var limit, out var cursor) is { } problem)
            return problem;
        if (cursor is not null && !ScheduleName.IsValid(cursor))
            return NoCursor;
        // One more than asked for tells whether there is another page.
        var rows = await book.Store.ListAsync(cursor, limit + 1, http.RequestAborted);
        var schedules = rows.Take(limit).Select(row => ScheduleDocument.Listed(row, http.Request)).ToList();
        var next = rows.Count > limit ? NextOf(http, schedules[^1].Name) : null;
        return await Resource.WriteAsync(http, new SchedulesDocument(schedules, next), StatusCodes.Status200OK);
    });

    public Task RunsAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
    {
        if (Read(http.Request.Query, "limit", LimitDefault, "cursor", out var limit, out var cursor) is { } problem)
            return problem;
        ScheduleRunPosition? before = null;
        if (cursor is not null && (before = PositionOf(cursor)) is null)
            return NoCursor;
        if (await book.FindAsync(name, http.RequestAborted) is not { } schedule)
            return Problems.UnknownSchedule(name);
        var rows = await book.Store.RunsAsync(schedule.Row.Id, before, limit + 1, http.RequestAborted);
        var runs = rows.Take(limit).ToList();
        var next = rows.Count > limit ? NextOf(http, TextOf(runs[^1])) : null;
        return await Resource.WriteAsync(
            http, new ScheduleRunsDocument([.. runs.Select(run => ScheduleRunDocument.From(run, http.Request))], next), StatusCodes.Status200OK);
    });

    public Task NextAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
    {
        if (Read(http.Request.Query, "count", 10, "after", out var count, out var text) is { } problem)
            return problem;
        var after = text is null ? book.Now : TimeText.Parse(text);
        if (after is not { } from)
            return Problems.InvalidInput($"after must be {TimeText.Example}.", "after");
        if (TimingRules.CheckTime("after", from) is { } mistake)
            return Problems.InvalidInput(mistake.Detail, mistake.Field);
        return await book.FindAsync(name, http.RequestAborted) is { } schedule
            ? await Resource.WriteAsync(http, TickDocument.Of(schedule.Table, from, count), StatusCodes.Status200OK)
            : Problems.UnknownSchedule(name);
    });

    private static Problem NoCursor => Problems.InvalidInput("This cursor is not one of this list: take 'next' as it was answered, or leave it out to start anew.", "cursor");

    private static Problem? Read(IQueryCollection given, string number, int fallback, string other, out int count, out string? text)
    {
        (count, text) = (fallback, null);
        foreach (var (name, values) in given)
        {
            if (values is not [{ } value])
                return Problems.InvalidInput($"'{Problems.Shown(name)}' is given twice: keep one of them.", Problems.Shown(name));
            if (name != number && name != other)
                return Problems.InvalidInput($"'{Problems.Shown(name)}' is not known: use one of {number}, {other}.", Problems.Shown(name));
            if (name == other)
                text = other == "cursor" ? Decoded(value) : value;
            else if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > LimitMax)
                return Problems.InvalidInput(string.Create(CultureInfo.InvariantCulture, $"{number} must be 1 to {LimitMax}."), number);
        }

        return null;
    }

    private static string NextOf(HttpContext http, string position)
    {
        var query = new QueryBuilder(http.Request.Query.Where(q => q.Key != "cursor")) { { "cursor", Base64Url.EncodeToString(Encoding.UTF8.GetBytes(position)) } };
        var next = $"{http.Request.PathBase}{http.Request.Path}{query}";
        http.Response.Headers.Link = $"<{next}>; rel=\"next\"";
        return next;
    }

    private static string Decoded(string cursor) =>
        cursor.Length <= 256 && Base64Url.IsValid(cursor) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)) : "";

    private static string TextOf(ScheduleRunRow run) => string.Create(CultureInfo.InvariantCulture, $"{run.Tick.UtcTicks} {(int)run.Cause}");

    private static ScheduleRunPosition? PositionOf(string text) =>
        text.Split(' ') is [var ticks, "1" or "2"] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number <= ScheduleLimits.Latest.UtcTicks
            ? new ScheduleRunPosition(new DateTimeOffset(number, TimeSpan.Zero), (TickCause)(text[^1] - '0'))
            : null;
}
