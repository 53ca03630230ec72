using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>A schedule's row.</summary>
/// <param name="Id">Of this schedule alone: one that is made again under the same name has another.</param>
/// <param name="Name">Its name.</param>
/// <param name="Slot">Which share of all schedules it belongs to: who ticks it goes by this.</param>
/// <param name="Revision">Grows with every change; the condition of the next.</param>
/// <param name="Version">Grows with what its owners change, not with ticks.</param>
/// <param name="Definition">JSON.</param>
/// <param name="State">JSON: where it stands.</param>
/// <param name="NextAt">When it is to be looked at; null: not by itself.</param>
public sealed record ScheduleRow(
    Guid Id, string Name, int Slot, long Revision, long Version, ReadOnlyMemory<byte> Definition, ReadOnlyMemory<byte> State, DateTimeOffset? NextAt);

/// <summary>A change of a schedule, with what comes of it.</summary>
/// <param name="Id">The schedule.</param>
/// <param name="Revision">Only if this is its revision; it is one higher afterwards.</param>
/// <param name="State">The new one.</param>
/// <param name="NextAt">The new one.</param>
/// <param name="Definition">The new one, which makes another version; null: the same.</param>
/// <param name="IsNewVersion">Whether its owner changed it.</param>
public sealed record ScheduleChange(
    Guid Id, long Revision, ReadOnlyMemory<byte> State, DateTimeOffset? NextAt, ReadOnlyMemory<byte>? Definition = null, bool IsNewVersion = false)
{
    /// <summary>Stored where the schedule has none of this tick and cause, or one without a job.</summary>
    public IReadOnlyList<ScheduleRunRow> Runs { get; init; } = [];

    /// <summary>Jobs of these runs, for the inbox of their shards: those whose run is not stored are left out.</summary>
    public IReadOnlyList<InboxPost> Posts { get; init; } = [];
}

/// <param name="IsDone">Whether the revision was the one expected.</param>
/// <param name="Jobs">Jobs that were submitted: of those of the change, the ones whose tick had none.</param>
public sealed record ScheduleChanged(bool IsDone, IReadOnlyList<JobId> Jobs)
{
    public static ScheduleChanged Refused { get; } = new(false, []);
}

/// <summary>Why there is a run. Numbers are stored.</summary>
public enum TickCause
{
    /// <summary>A tick, on time, late or in a backfill.</summary>
    Tick = 1,

    /// <summary>Somebody asked for it.</summary>
    Trigger = 2,
}

/// <summary>What became of a tick. Numbers are stored.</summary>
public enum TickOutcome
{
    /// <summary>Its job was submitted.</summary>
    Submitted = 1,

    /// <summary>Left out by the overlap policy.</summary>
    Skipped = 2,

    /// <summary>Nobody was there to tick, and the catch-up policy leaves it out; stands for all ticks up to the next run.</summary>
    Missed = 3,

    /// <summary>Waits for the end of the job before.</summary>
    Buffered = 4,
}

/// <summary>A run of a schedule: at most one of each tick and cause.</summary>
/// <param name="Tick">The time that the schedule says; of a trigger, when it was asked for.</param>
/// <param name="Cause">Why.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="At">When that was.</param>
/// <param name="Job">The job; null when there is none.</param>
/// <param name="Key">Whoever asked with the same key is given the same run.</param>
/// <param name="Detail">Why there is no job.</param>
public sealed record ScheduleRunRow(
    DateTimeOffset Tick, TickCause Cause, TickOutcome Outcome, DateTimeOffset At, JobId? Job = null, string? Key = null, string? Detail = null);

/// <summary>A place in the list of runs.</summary>
public readonly record struct ScheduleRunPosition(DateTimeOffset Tick, TickCause Cause);
