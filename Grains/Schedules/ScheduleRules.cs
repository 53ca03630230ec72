using System.Globalization;
using System.Text.Json;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Jobs;

namespace Hearth.Schedules;

/// <summary>What a schedule may ask for; the same for every way in.</summary>
internal static class ScheduleRules
{
    /// <summary>Levels of an input: those of a list of schedules are around it.</summary>
    private const int InputDepthMax = HearthJson.DepthMax - 4;

    /// <summary>The first thing that is wrong, or null.</summary>
    /// <param name="name">The schedule's.</param>
    /// <param name="definition">What is asked for.</param>
    /// <param name="now">A schedule that has no tick after this is refused.</param>
    public static JobMistake? Check(string name, ScheduleDefinition definition, DateTimeOffset now)
    {
        var (table, mistake) = Timetable.Create(name, definition.Timing);
        if (table is null)
            return mistake;
        if (!QueueName.IsValid(definition.Queue))
            return new JobMistake("queue", $"'{Shown(definition.Queue)}' cannot be a queue: {QueueName.Rule}.");
        if (definition.CatchUpWindow < TimeSpan.Zero || definition.CatchUpWindow > ScheduleLimits.CatchUpWindowMax)
            return new JobMistake("catchUpWindow", "catchUpWindow must be at most 31 days, not negative.");
        if (!Enum.IsDefined(definition.Overlap))
            return new JobMistake("overlap", "overlap must be skip, bufferOne, bufferAll, cancelOther or allow.");
        if (!Enum.IsDefined(definition.CatchUp))
            return new JobMistake("catchUp", "catchUp must be skip, one or all.");
        if (CheckText("description", definition.Description) is { } description)
            return description;
        if (CheckJob(definition.Job) is { } job)
            return job with { Field = "job." + job.Field };
        return table.Next(now) is null
            ? new JobMistake(FieldOfNever(definition.Timing), "There is no tick any more: the time, or end, has passed, or what is asked for never comes.")
            : null;
    }

    /// <summary>Text for people; null or empty: none.</summary>
    public static JobMistake? CheckText(string field, string? text) => text is null || text.Length == 0 || JobRules.IsText(text, ScheduleLimits.TextLengthMax)
        ? null
        : new JobMistake(field, string.Create(
            CultureInfo.InvariantCulture, $"{field} must have at most {ScheduleLimits.TextLengthMax} characters, without control characters and without spaces around them."));

    private static JobMistake? CheckJob(JobSpec job)
    {
        if (job.Input.Length > ScheduleLimits.InputBytesMax)
            return new JobMistake("input", string.Create(CultureInfo.InvariantCulture, $"The input has {job.Input.Length} bytes; that of a schedule has at most {ScheduleLimits.InputBytesMax}."));
        if (!CanBeShown(job))
            return new JobMistake("input", string.Create(CultureInfo.InvariantCulture, $"The input of a schedule must be JSON with at most {InputDepthMax} levels."));
        if (!FunctionName.IsValid(job.Function))
            return new JobMistake("function", $"'{Shown(job.Function)}' cannot be a function: {FunctionName.Rule}.");
        if (job.Options is not { } options)
            return null;
        if (options.Delay is not null || options.DueAt is not null)
            return new JobMistake(options.Delay is null ? "dueAt" : "delay", "The schedule says when its jobs run: leave delay and dueAt out; jitter puts ticks off by chance.");
        if (options.ExpiresAt is not null)
            return new JobMistake("expiresAt", "A time that is the same for all jobs of a schedule makes no sense: use expireAfter, or the schedule's end.");
        if (options.Unique is not null)
            return new JobMistake("unique", "Jobs of a schedule are not unique: each tick has one at most, and overlap says what becomes of a tick while a job runs.");
        return options.Tags?.Count >= JobLimits.TagsMax
            ? new JobMistake("tags", string.Create(CultureInfo.InvariantCulture, $"A schedule's job has at most {JobLimits.TagsMax - 1} tags: the schedule's own is added."))
            : JobRules.Check(job);
    }

    /// <summary>Whether the input can be answered again, within the schedule.</summary>
    private static bool CanBeShown(JobSpec job)
    {
        if (job.ContentType != MediaTypes.Json || job.Input.IsEmpty)
            return true;
        var reader = new Utf8JsonReader(job.Input.Span, new JsonReaderOptions { MaxDepth = InputDepthMax });
        try
        {
            while (reader.Read())
                continue;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string FieldOfNever(ScheduleTiming timing) => timing.At is not null ? "at" : timing.Every is not null || timing.End is not null ? "end" : "cron";

    private static string Shown(string? text) => text is { Length: > 80 } ? text[..80] + "…" : text ?? "";
}
