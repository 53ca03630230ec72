namespace Hearth.Jobs;

/// <summary>
/// Jobs of a key one after the other. One is the head until it has ended, through retries and snoozes; the others wait behind it, and stand in no
/// line. No I/O.
/// </summary>
internal static class KeyOrder
{
    /// <summary>A job is ready. Whether it is its turn; if not, it waits.</summary>
    public static bool TryTurn(KeyGroup group, JobEntry job, bool isFirst)
    {
        group.Head ??= job;
        if (group.Head == job)
            return true;
        if (job.IsLined)
            return false;
        job.Queue.Enter(job);
        if (isFirst)
            group.Waiting.AddFirst(job);
        else
            group.Waiting.AddLast(job);
        return false;
    }

    /// <summary>A job has ended. The one whose turn it is now, if it is another's.</summary>
    public static JobEntry? Next(KeyGroup group, JobEntry ended)
    {
        if (group.Head != ended)
            return null;
        group.Head = null;
        while (group.Waiting.Take() is { } job)
        {
            job.Queue.Leave(job);
            if (!job.State.HasEnded())
                return group.Head = job;
        }

        return null;
    }
}
