namespace Hearth.Client;

/// <summary>A job to submit.</summary>
/// <param name="Function">What to run.</param>
/// <param name="Input">Its input, at most 16 MiB.</param>
public sealed record NewJob(string Function, Payload Input)
{
    /// <summary>Its input, at most 16 MiB.</summary>
    public Payload Input { get; init; } = Input ?? Payload.None;

    /// <summary>A job with an input that is written as JSON.</summary>
    /// <param name="function">What to run.</param>
    /// <param name="input">Its input; null for none.</param>
    public NewJob(string function, object? input = null)
        : this(function, input is null ? Payload.None : Payload.Of(input))
    {
    }

    /// <summary>The function's declared parameters; null: their defaults.</summary>
    public IReadOnlyDictionary<string, string>? Parameters { get; init; }

    /// <summary>Not to start before this time has passed, at most 3,650 days; null: at once.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Instead: not to start before. A time that has come is none.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>It ends as cancelled when it has not started after this time; null: never.</summary>
    public TimeSpan? ExpireAfter { get; init; }

    /// <summary>Instead: when it has not started by then.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>1 (first) to 5; null: 3.</summary>
    public int? Priority { get; init; }

    /// <summary>Longest run of one attempt, at most 24 hours; null: the function's.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What happens when an attempt fails; null: as the function says.</summary>
    public JobRetry? Retry { get; init; }

    /// <summary>Up to 10 texts of up to 100 characters, to find it by.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>What limits per key, order and fairness of the queue go by, 1 to 255 characters; null: as the queue says.</summary>
    public string? Key { get; init; }

    /// <summary>Not to be accepted while another like it is known; null: always accepted.</summary>
    public JobUnique? Unique { get; init; }
}

/// <summary>What happens when an attempt fails. What is null is 10 attempts, 1 s, 2, 100 times the first wait, 0.1 and none.</summary>
/// <param name="Attempts">In all, 1 to 1,000; 1: no retry.</param>
/// <param name="Initial">Wait before the second attempt.</param>
/// <param name="Factor">Each later wait is so many times the one before, 1 to 10.</param>
/// <param name="Cap">Longest wait.</param>
/// <param name="Jitter">Each wait is shortened by a random share of up to this, 0 to 1.</param>
/// <param name="NonRetryable">Names of errors that end the job at once.</param>
public sealed record JobRetry(
    int? Attempts = null, TimeSpan? Initial = null, double? Factor = null, TimeSpan? Cap = null, double? Jitter = null,
    IReadOnlyList<string>? NonRetryable = null);

/// <summary>What makes two jobs alike.</summary>
/// <param name="Key">1 to 255 characters; null: function, media type, parameters and input.</param>
/// <param name="Within">Only jobs accepted within this time count, at most 7 days; null: 24 hours.</param>
/// <param name="While">Only jobs in these states count; null: all that have not ended.</param>
public sealed record JobUnique(string? Key = null, TimeSpan? Within = null, IReadOnlyList<JobState>? While = null)
{
    /// <summary>What happens to a job of which another like it is known; null: it is refused.</summary>
    public JobUniqueMode? Mode { get; init; }

    /// <summary>Debounce: how long it has to be quiet before the job starts.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Debounce: longest time by which the start is put off; null: ten times <see cref="Wait"/>.</summary>
    public TimeSpan? Max { get; init; }
}

/// <summary>What happens to a job of which another like it is known.</summary>
public enum JobUniqueMode
{
    /// <summary>It is answered with the one that is known, and nothing is stored.</summary>
    Refuse = 0,

    /// <summary>The same, in whatever state that one is: the first in a time runs, and no other.</summary>
    Throttle = 1,

    /// <summary>It replaces the one that waits, and starts when none has come for a time.</summary>
    Debounce = 2,

    /// <summary>It replaces the one that waits, and waits for the one that runs: at most one of each.</summary>
    Latest = 3,
}
