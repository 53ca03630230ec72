using System.Diagnostics;
using static Hearth.Storage.Sqlite.SqliteNative;

namespace Hearth.Storage.Sqlite;

/// <summary>
/// The write-ahead log: its pages are moved into the file after every so many, and when nothing is written. A log that was moved whole is
/// written from its beginning again, over blocks that the disk has already given: so its file is kept, and cut only when it grew large.
/// </summary>
internal sealed class SqliteLog(SqliteSession session, SqliteLimits limits, Func<TimeSpan, bool> pause)
{
    private int foldAt = limits.FoldAfterPages;
    private int truncateAt = limits.TruncateAfterPages;
    private int folded;

    /// <summary>There are pages that are only in the log.</summary>
    public bool NeedsTending => session.WalPages != folded;

    /// <summary>After each commit, and when there was none for a while.</summary>
    public void Tend(bool isIdle)
    {
        var pages = session.WalPages;
        if (pages < folded)
            BeginAnew();
        if (pages >= truncateAt || (isIdle && pages > limits.TruncateAfterPages))
            Truncate();
        else if (pages >= foldAt || (isIdle && NeedsTending))
            Fold();
    }

    /// <summary>Moves what readers allow; waits for nobody.</summary>
    public void Fold()
    {
        foldAt = session.WalPages + limits.FoldAfterPages;
        folded = Math.Max(folded, Checkpoint(CheckpointPassive) ?? 0);
    }

    /// <summary>
    /// Waits a little for those who read the log. (Those who come meanwhile read the file: nothing is written, and all is folded.) If they
    /// stay, it is tried again when the log has grown as much again.
    /// </summary>
    private void Truncate()
    {
        truncateAt += limits.TruncateAfterPages;
        var started = Stopwatch.GetTimestamp();
        var step = TimeSpan.FromMilliseconds(1);
        while (Checkpoint(CheckpointTruncate) is null && Stopwatch.GetElapsedTime(started) < limits.TruncateWait)
            pause(step);
        if (session.WalPages == 0)
            BeginAnew();
    }

    private void BeginAnew()
    {
        folded = 0;
        foldAt = limits.FoldAfterPages;
        truncateAt = limits.TruncateAfterPages;
    }

    private int? Checkpoint(int mode)
    {
        try
        {
            return session.Checkpoint(mode);
        }
        catch (SqliteException)
        {
            // A full or failing disk: the log still holds everything, and the next commit tells its caller.
            return 0;
        }
    }
}
