using Hearth.Jobs;

namespace Hearth.Schedules;

/// <summary>What a schedule does, and when.</summary>
/// <param name="Timing">When.</param>
/// <param name="Queue">The queue of its jobs.</param>
/// <param name="Job">
/// Its jobs. In input of JSON or text, <c>{{tick}}</c> stands for the tick (RFC 3339, UTC) and <c>{{schedule}}</c> for the schedule's name. Without delay,
/// due time and uniqueness; each gets the tag <c>schedule:{name}</c>.
/// </param>
public sealed record ScheduleDefinition(ScheduleTiming Timing, string Queue, JobSpec Job)
{
    /// <summary>For people; at most <see cref="ScheduleLimits.TextLengthMax"/> characters.</summary>
    public string? Description { get; init; }

    /// <summary>What becomes of a tick while the job of an earlier one has not ended. Default: <see cref="OverlapPolicy.Skip"/>.</summary>
    public OverlapPolicy Overlap { get; init; } = OverlapPolicy.Skip;

    /// <summary>What becomes of ticks at which nobody was there. Default: <see cref="CatchUpPolicy.One"/>.</summary>
    public CatchUpPolicy CatchUp { get; init; } = CatchUpPolicy.One;

    /// <summary>Only ticks that are not older than this are caught up; at most 31 days. Default 1 day.</summary>
    public TimeSpan CatchUpWindow { get; init; } = TimeSpan.FromDays(1);
}

/// <summary>What becomes of a tick while the job of an earlier one has not ended, retries included.</summary>
public enum OverlapPolicy
{
    /// <summary>It is left out.</summary>
    Skip = 1,

    /// <summary>It waits for that end, one at most: further ones are left out.</summary>
    BufferOne = 2,

    /// <summary>It waits for that end, and for those that wait before it; at most <see cref="ScheduleLimits.BufferedMax"/>.</summary>
    BufferAll = 3,

    /// <summary>The earlier job is cancelled, then its own is submitted.</summary>
    CancelOther = 4,

    /// <summary>Its job is submitted beside the other.</summary>
    Allow = 5,
}

/// <summary>What becomes of ticks that are over a minute late, because no silo or no store was there.</summary>
public enum CatchUpPolicy
{
    /// <summary>They are left out.</summary>
    Skip = 1,

    /// <summary>The last of them runs.</summary>
    One = 2,

    /// <summary>All of them run, in order, as the overlap policy has it.</summary>
    All = 3,
}

/// <summary>The grammar of schedules' names, which is that of queues: they are part of URLs and tags.</summary>
public static class ScheduleName
{
    /// <summary>What to tell somebody whose name was refused.</summary>
    public const string Rule = "a schedule's name is 1 to 64 lower-case letters, digits, dots, dashes or underscores, and starts with a letter or digit";

    public static bool IsValid(string? name) => QueueName.IsValid(name);
}
