using System.Text.Json;

namespace Hearth.Client;

/// <summary>A schedule to store: when, by exactly one of <see cref="Cron"/>, <see cref="Every"/> and <see cref="At"/>, and what. What is null has the default.</summary>
/// <param name="Job">Its jobs, without delay, due time and uniqueness. In input of JSON or text <c>{{tick}}</c> stands for the tick, <c>{{schedule}}</c> for the name.</param>
public sealed record NewSchedule(NewJob Job)
{
    /// <summary>Five fields (minute, hour, day of month, month, day of week), or six with seconds in front.</summary>
    public string? Cron { get; init; }

    /// <summary>Instead: the time between ticks, 1 s to 366 days.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>One of the ticks of <see cref="Every"/>; null: <see cref="Start"/>, or 1970-01-01T00:00:00Z.</summary>
    public DateTimeOffset? Anchor { get; init; }

    /// <summary>Instead: the only tick.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Of <see cref="Cron"/>: an IANA name such as <c>Europe/Berlin</c>; null: UTC.</summary>
    public string? TimeZone { get; init; }

    /// <summary>No tick before.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>No tick at this time or after.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>Each tick's job is submitted up to this much later, at most 1 day; null: on time.</summary>
    public TimeSpan? Jitter { get; init; }

    /// <summary>When ticks are allowed, as the API takes it: <c>holidays</c>, <c>windows</c>, <c>outside</c>, <c>timeZone</c>; null: always.</summary>
    public JsonElement? Calendar { get; init; }

    /// <summary>What becomes of a tick while a job of an earlier one has not ended: <c>skip</c> (null), <c>bufferOne</c>, <c>bufferAll</c>, <c>cancelOther</c> or <c>allow</c>.</summary>
    public string? Overlap { get; init; }

    /// <summary>What becomes of missed ticks: <c>skip</c>, <c>one</c> (null) or <c>all</c>.</summary>
    public string? CatchUp { get; init; }

    /// <summary>How old those may be, at most 31 days; null: 1 day.</summary>
    public TimeSpan? CatchUpWindow { get; init; }

    /// <summary>The queue of its jobs; null: <c>default</c>.</summary>
    public string? Queue { get; init; }

    /// <summary>For people, up to 500 characters.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it is paused; null: as it was.</summary>
    public bool? Paused { get; init; }

    /// <summary>Why it is paused.</summary>
    public string? Reason { get; init; }
}
