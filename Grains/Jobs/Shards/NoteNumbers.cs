namespace Hearth.Jobs;

/// <summary>The places of a job's notes. What comes later takes the place of what was there, so that no job has more than these.</summary>
internal static class NoteNumbers
{
    public const int Detail = 1;

    /// <summary>The place of an attempt's log, which is that of the tenth before it.</summary>
    public static int OfLog(int attempt) => Detail + 1 + (attempt % JobLimits.LogsMax);
}
