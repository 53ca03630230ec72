namespace Hearth.Jobs;

/// <summary>The bounds of jobs, in one place.</summary>
public static class JobLimits
{
    /// <summary>Jobs in one request.</summary>
    public const int RequestJobsMax = 10_000;

    /// <summary>Open jobs of a queue, above which submissions are refused.</summary>
    public const int QueueDepthMax = 5_000_000;

    /// <summary>Shards, and so queues, that a store knows.</summary>
    public const int ShardsMax = 20_000;

    /// <summary>Tags of a job.</summary>
    public const int TagsMax = 10;

    /// <summary>Characters of a tag.</summary>
    public const int TagLengthMax = 100;

    /// <summary>Characters of an error's text that are kept.</summary>
    public const int ErrorLengthMax = 4_000;

    /// <summary>Bytes of what one attempt's log is stored as.</summary>
    public const int NoteBytesMax = 256 << 10;

    /// <summary>Lines of an attempt's log that are kept: the last ones.</summary>
    public const int LogLinesMax = 100;

    /// <summary>Characters of such a line.</summary>
    public const int LogLineLengthMax = 1_000;

    /// <summary>Attempts of a job whose logs are kept: the last ones.</summary>
    public const int LogsMax = 10;

    /// <summary>Bytes of JSON that an attempt saves for the next.</summary>
    public const int DetailBytesMax = 16 << 10;

    /// <summary>Characters of a progress message.</summary>
    public const int ProgressLengthMax = 200;

    /// <summary>Bytes of jobs that are handed out at once, unless one alone has more: what another silo or a worker is sent has bounds.</summary>
    public const long LeaseBytesMax = 32 << 20;

    /// <summary>Losses of the silo that ran a job, after which it fails as crashed.</summary>
    public const int CrashesMax = 3;

    /// <summary>Jobs that a worker outside may lease with one request.</summary>
    public const int OutsideLeaseMax = 256;

    /// <summary>Jobs of which a worker outside may tell in one request.</summary>
    public const int OutsideItemsMax = 1_000;

    /// <summary>Characters of the name of a worker outside.</summary>
    public const int WorkerLengthMax = 128;

    /// <summary>How long an idempotency key is remembered.</summary>
    public static readonly TimeSpan KeyWindow = TimeSpan.FromHours(24);

    /// <summary>Longest time in which a job can be unique.</summary>
    public static readonly TimeSpan UniqueWithinMax = TimeSpan.FromDays(7);

    /// <summary>Shortest lease of a worker outside.</summary>
    public static readonly TimeSpan OutsideLeaseTimeMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest lease of a worker outside.</summary>
    public static readonly TimeSpan OutsideLeaseTimeMax = TimeSpan.FromHours(1);

    /// <summary>Shortest wait that a run may ask for; the longest is <see cref="JobRules.RetryWaitMax"/>.</summary>
    public static readonly TimeSpan WaitMin = TimeSpan.FromSeconds(1);

    /// <summary>Farthest time ahead that a job may be due.</summary>
    public static readonly TimeSpan DelayMax = TimeSpan.FromDays(3_650);
}
