using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hearth.Client;

/// <summary>A schedule.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">For people.</param>
/// <param name="Cron">The expression.</param>
/// <param name="Every">Or the time between ticks, as ISO 8601 writes it.</param>
/// <param name="Anchor">One of the ticks of <paramref name="Every"/>.</param>
/// <param name="At">Or the only tick.</param>
/// <param name="TimeZone">IANA name.</param>
/// <param name="Start">No tick before.</param>
/// <param name="End">No tick at this time or after.</param>
/// <param name="Jitter">Each tick's job is submitted up to this much later.</param>
/// <param name="Calendar">When ticks are allowed; null: always.</param>
/// <param name="Overlap"><c>skip</c>, <c>bufferOne</c>, <c>bufferAll</c>, <c>cancelOther</c> or <c>allow</c>.</param>
/// <param name="CatchUp"><c>skip</c>, <c>one</c> or <c>all</c>.</param>
/// <param name="CatchUpWindow">How old missed ticks may be that are caught up.</param>
/// <param name="Queue">The queue of its jobs.</param>
/// <param name="Job">Its jobs.</param>
/// <param name="Paused">Whether it is paused.</param>
/// <param name="PausedAt">Since when.</param>
/// <param name="Reason">Why.</param>
/// <param name="NextTick">The next tick; null: paused, or there is none any more.</param>
/// <param name="Waiting">Ticks that wait for the end of the job before.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was changed last.</param>
/// <param name="ETag">Changes with it, not with ticks.</param>
public sealed record ScheduleInfo(
    string Name, string? Description, string? Cron, string? Every, DateTimeOffset? Anchor, DateTimeOffset? At, string TimeZone, DateTimeOffset? Start,
    DateTimeOffset? End, string? Jitter, JsonElement? Calendar, string Overlap, string CatchUp, string CatchUpWindow, string Queue, JsonElement Job, bool Paused,
    DateTimeOffset? PausedAt, string? Reason, DateTimeOffset? NextTick, int Waiting, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    [property: JsonPropertyName("eTag")] string ETag);

/// <summary>A tick that is to come.</summary>
/// <param name="Tick">What the schedule says.</param>
/// <param name="SubmittedAt">When its job is submitted: with jitter later.</param>
public sealed record ScheduleTick(DateTimeOffset Tick, DateTimeOffset SubmittedAt);

/// <summary>What became of a tick.</summary>
/// <param name="Tick">The time that the schedule says; of a trigger, when it was asked for.</param>
/// <param name="Cause"><c>tick</c> or <c>trigger</c>.</param>
/// <param name="Outcome"><c>submitted</c>, <c>skipped</c>, <c>missed</c> or <c>buffered</c>.</param>
/// <param name="At">When that was.</param>
/// <param name="JobId">The job; null when there is none.</param>
/// <param name="Detail">Why there is none.</param>
public sealed record ScheduleRun(DateTimeOffset Tick, string Cause, string Outcome, DateTimeOffset At, string? JobId, string? Detail);

/// <summary>What became of a backfill.</summary>
/// <param name="Ticks">Of that time.</param>
/// <param name="Submitted">Jobs submitted now; of ticks that had none.</param>
/// <param name="Waiting">Ticks that wait for each other.</param>
public sealed record ScheduleBackfill(int Ticks, int Submitted, int Waiting);
