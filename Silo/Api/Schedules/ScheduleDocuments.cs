using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Api.Jobs;
using Hearth.Functions.Payloads;
using Hearth.Jobs;
using Hearth.Schedules;
using Hearth.Storage;

namespace Hearth.Api.Schedules;

/// <param name="Schedules">By name.</param>
/// <param name="Next">The next page; null: this is the last.</param>
internal sealed record SchedulesDocument(IReadOnlyList<ScheduleDocument> Schedules, string? Next);

/// <summary>A schedule. What was left out is shown as it counts, or as null.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">For people.</param>
/// <param name="Cron">The expression.</param>
/// <param name="Every">Or the time between ticks.</param>
/// <param name="Anchor">One of the ticks of <paramref name="Every"/>.</param>
/// <param name="At">Or the only tick.</param>
/// <param name="TimeZone">IANA name.</param>
/// <param name="Start">No tick before.</param>
/// <param name="End">No tick at this time or after.</param>
/// <param name="Jitter">Up to so much later.</param>
/// <param name="Calendar">When ticks are allowed.</param>
/// <param name="Overlap">What becomes of a tick while a job of an earlier one has not ended.</param>
/// <param name="CatchUp">What becomes of ticks that were missed.</param>
/// <param name="CatchUpWindow">How old those may be.</param>
/// <param name="Queue">The queue of its jobs.</param>
/// <param name="Job">Its jobs.</param>
/// <param name="Paused">Whether it is paused.</param>
/// <param name="PausedAt">Since when.</param>
/// <param name="Reason">Why.</param>
/// <param name="NextTick">The next tick; null: paused, or there is none any more.</param>
/// <param name="Waiting">Ticks that wait for the end of the job before.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was changed last.</param>
/// <param name="ETag">For If-Match.</param>
/// <param name="Runs">Where its runs are.</param>
/// <param name="Error">Only in a list: why it cannot be read; the other members say nothing then.</param>
internal sealed record ScheduleDocument(
    string Name, string? Description, string? Cron, string? Every, DateTimeOffset? Anchor, DateTimeOffset? At, string TimeZone, DateTimeOffset? Start,
    DateTimeOffset? End, string? Jitter, CalendarDocument? Calendar, OverlapPolicy Overlap, CatchUpPolicy CatchUp, string CatchUpWindow, string Queue,
    JsonObject Job, bool Paused, DateTimeOffset? PausedAt, string? Reason, DateTimeOffset? NextTick, int Waiting, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt, string ETag, string Runs,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] string? Error = null)
{
    /// <summary>As it stands in a list, which one that cannot be read does not spoil: that one has an error.</summary>
    public static ScheduleDocument Listed(ScheduleRow row, HttpRequest request)
    {
        try
        {
            return From(Schedule.Read(row), request);
        }
        catch (ScheduleUnreadableException e)
        {
            var isPaused = row.NextAt is null;
            return new ScheduleDocument(
                row.Name, null, null, null, null, null, "UTC", null, null, null, null, OverlapPolicy.Skip, CatchUpPolicy.One, "P1D", ShardKey.DefaultQueue, [],
                isPaused, null, null, null, 0, default, default, TagOf(row), $"{PathOf(row.Name, request)}/runs", e.Message);
        }
    }

    public static ScheduleDocument From(Schedule schedule, HttpRequest request)
    {
        var (definition, timing, state) = (schedule.Definition, schedule.Definition.Timing, schedule.State);
        return new ScheduleDocument(
            schedule.Name, definition.Description, timing.Cron, Text(timing.Every), timing.Anchor, timing.At, timing.TimeZone ?? "UTC", timing.Start,
            timing.End, Text(timing.Jitter), CalendarDocument.From(timing.Calendar), definition.Overlap, definition.CatchUp, Text(definition.CatchUpWindow)!,
            definition.Queue, ScheduleJobDocument.Of(definition.Job), state.PausedAt is not null, state.PausedAt, state.Reason,
            state.PausedAt is null ? schedule.Table.Next(state.Tick) : null, state.Buffered.Count, state.CreatedAt, state.UpdatedAt, TagOf(schedule),
            $"{PathOf(schedule.Name, request)}/runs");
    }

    public static string PathOf(string name, HttpRequest request) => $"{request.PathBase}/v1/schedules/{name}";

    /// <summary>Changes with what owners change, not with ticks.</summary>
    public static string TagOf(Schedule schedule) => TagOf(schedule.Row);

    public static string TagOf(ScheduleRow row) => string.Create(CultureInfo.InvariantCulture, $"\"{row.Id:N}-{row.Version}\"");

    private static string? Text(TimeSpan? time) => time is { } known ? System.Xml.XmlConvert.ToString(known) : null;
}

internal sealed record CalendarDocument(IReadOnlyList<string>? Holidays, IReadOnlyList<WindowDocument>? Windows, OutsidePolicy Outside, string? TimeZone, int? LoadMax)
{
    public static CalendarDocument? From(ScheduleCalendar? calendar) => calendar is null ? null : new CalendarDocument(
        calendar.Holidays?.Select(day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).ToList(),
        calendar.Windows?.Select(window => new WindowDocument(Text(window.From), Text(window.To), window.Days)).ToList(),
        calendar.Outside, calendar.TimeZone, calendar.LoadMax);

    private static string Text(TimeSpan time) => time == TimeSpan.FromDays(1)
        ? "24:00"
        : time.ToString(time.Seconds == 0 ? @"hh\:mm" : @"hh\:mm\:ss", CultureInfo.InvariantCulture);
}

internal sealed record WindowDocument(string From, string To, IReadOnlyList<DayOfWeek>? Days);

/// <param name="Ticks">In their order.</param>
internal sealed record TicksDocument(IReadOnlyList<TickDocument> Ticks);

/// <param name="Tick">What the schedule says.</param>
/// <param name="SubmittedAt">When its job is submitted: with jitter later.</param>
internal sealed record TickDocument(DateTimeOffset Tick, DateTimeOffset SubmittedAt)
{
    public static TicksDocument Of(Timetable table, DateTimeOffset after, int count)
    {
        var ticks = new List<TickDocument>();
        for (var tick = table.Next(after); tick is { } next && ticks.Count < count; tick = table.Next(next))
            ticks.Add(new TickDocument(next, table.ReleaseOf(next)));
        return new TicksDocument(ticks);
    }
}

/// <param name="Runs">The latest tick first.</param>
/// <param name="Next">The next page; null: this is the last.</param>
internal sealed record ScheduleRunsDocument(IReadOnlyList<ScheduleRunDocument> Runs, string? Next);

/// <param name="Tick">The time that the schedule says; of a trigger, when it was asked for.</param>
/// <param name="Cause">tick or trigger.</param>
/// <param name="Outcome">submitted, skipped, missed or buffered.</param>
/// <param name="At">When that was.</param>
/// <param name="JobId">The job.</param>
/// <param name="Job">Where the job is.</param>
/// <param name="Detail">Why there is none.</param>
internal sealed record ScheduleRunDocument(
    DateTimeOffset Tick, TickCause Cause, TickOutcome Outcome, DateTimeOffset At, string? JobId, string? Job, string? Detail)
{
    public static ScheduleRunDocument From(ScheduleRunRow run, HttpRequest request) => new(
        run.Tick, run.Cause, run.Outcome, run.At, run.Job?.ToString(), run.Job is { } job ? JobDocument.PathOf(job, request) : null, run.Detail);
}

/// <param name="Ticks">Of that time.</param>
/// <param name="Submitted">Jobs submitted now.</param>
/// <param name="Waiting">Ticks that wait for each other.</param>
internal sealed record BackfillDocument(int Ticks, int Submitted, int Waiting);

/// <summary>The job of a schedule as it may be sent again.</summary>
internal static class ScheduleJobDocument
{
    public static JsonObject Of(JobSpec job)
    {
        var document = new JsonObject { ["function"] = job.Function };
        AddInput(document, job);
        var options = job.Options ?? JobOptions.Default;
        if (options.Parameters is { Count: > 0 } parameters)
            document["parameters"] = new JsonObject(parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
        if (options.Priority != JobOptions.Default.Priority)
            document["priority"] = options.Priority;
        if (options.Key is { } key)
            document["key"] = key;
        Add(document, "expireAfter", options.ExpireAfter);
        Add(document, "timeout", options.Timeout);
        if (options.Retry is { } retry)
            document["retry"] = Retry(retry);
        if (options.Tags is { Count: > 0 } tags)
            document["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]);
        return document;
    }

    private static void AddInput(JsonObject document, JobSpec job)
    {
        if (job.ContentType.Length == 0)
            return;
        if (job.ContentType == MediaTypes.Json)
        {
            document["input"] = JsonNode.Parse(job.Input.Span);
            return;
        }

        document["contentType"] = job.ContentType;
        if (job.ContentType.StartsWith("text/", StringComparison.Ordinal) && System.Text.Unicode.Utf8.IsValid(job.Input.Span))
            document["inputText"] = System.Text.Encoding.UTF8.GetString(job.Input.Span);
        else
            document["inputBase64"] = Convert.ToBase64String(job.Input.Span);
    }

    private static JsonObject Retry(RetryPolicy policy)
    {
        var retry = new JsonObject { ["attempts"] = policy.Attempts, ["factor"] = policy.Factor, ["jitter"] = policy.Jitter };
        Add(retry, "initial", policy.Initial);
        Add(retry, "cap", policy.Cap);
        if (policy.NonRetryable is { Count: > 0 } names)
            retry["nonRetryable"] = new JsonArray([.. names.Select(name => (JsonNode)name)]);
        return retry;
    }

    private static void Add(JsonObject document, string name, TimeSpan? time)
    {
        if (time is { } known)
            document[name] = System.Xml.XmlConvert.ToString(known);
    }
}
