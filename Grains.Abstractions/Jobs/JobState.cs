namespace Hearth.Jobs;

/// <summary>Where a job stands. Numbers are stored.</summary>
public enum JobState
{
    /// <summary>Stored, not to start before its time.</summary>
    Scheduled = 1,

    /// <summary>Stored, waiting to run.</summary>
    Ready = 2,

    /// <summary>Running on a silo now.</summary>
    Running = 3,

    /// <summary>An attempt failed; waiting for the next.</summary>
    Retrying = 4,

    /// <summary>Ended with a result.</summary>
    Succeeded = 5,

    /// <summary>Ended with an error: a dead letter, which can be re-driven.</summary>
    Failed = 6,

    /// <summary>Ended by an operator or caller, or because it expired before it started.</summary>
    Cancelled = 7,
}

public static class JobStates
{
    public static bool HasEnded(this JobState state) => state >= JobState.Succeeded;
}
