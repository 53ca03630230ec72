using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>Reading the rows of jobs whose payloads are not in memory.</summary>
internal sealed partial class ShardGrain
{
    /// <summary>How many rows are read at once for jobs whose payloads are not in memory.</summary>
    private const int ReadAhead = 512;

    private const int ReadUnknown = 16;
    private const long ReadBytes = 64 << 20;

    /// <summary>What each of the payloads read last weighed; nobody knows what the next ones do.</summary>
    private long bytesEach = long.MaxValue;

    /// <summary>How many rows may be read at once.</summary>
    private int RowsAtOnce(int max) => (int)Math.Clamp(ReadBytes / bytesEach, ReadUnknown, max);

    /// <summary>Reads the rows of those whose payload is not in memory, and of those behind them as far as there is room.</summary>
    private async Task<Dictionary<JobId, JobSpec>?> ReadAsync(FunctionQueue queue, List<JobEntry> taken)
    {
        var needed = taken.Where(job => job.Spec is null).Select(job => job.Id).ToList();
        if (needed.Count == 0)
            return null;
        var room = (int)Math.Min(ReadAhead - needed.Count, budget.Left / bytesEach);
        var ahead = queue.Peek().Where(job => job.Spec is null).Take(Math.Max(0, room)).Select(job => job.Id);
        var read = await ReadRowsAsync([.. needed, .. ahead], needed);
        foreach (var (id, spec) in read)
        {
            if (memory.Find(id) is { State: JobState.Ready } waiting)
                memory.Keep(waiting, spec);
        }

        return read;
    }

    /// <returns>Those that are there and whole.</returns>
    private async Task<Dictionary<JobId, JobSpec>> ReadRowsAsync(IReadOnlyList<JobId> ids, IReadOnlyList<JobId> needed)
    {
        var read = new Dictionary<JobId, JobSpec>(ids.Count);
        try
        {
            Add(await store.ReadJobsAsync(claim.Number, ids, CancellationToken.None));
        }
        catch (CorruptRowException)
        {
            // One by one, so that a damaged row fails its own job and no other.
            foreach (var id in needed)
                Add(await ReadRowAsync(id));
        }

        if (read.Count > 0)
            bytesEach = Math.Max(1, read.Values.Sum(PayloadBudget.BytesOf) / read.Count);
        return read;

        void Add(IReadOnlyList<JobRow> rows)
        {
            foreach (var row in rows)
                read[row.Id] = row.Spec;
        }
    }

    private async Task<IReadOnlyList<JobRow>> ReadRowAsync(JobId id)
    {
        try
        {
            return await store.ReadJobsAsync(claim.Number, [id], CancellationToken.None);
        }
        catch (CorruptRowException e)
        {
            LogCorrupt(logger, Key, e);
            return [];
        }
    }

    /// <summary>A job whose row is damaged or gone was not started; the journal has its end.</summary>
    private void EndDamaged(JobEntry job)
    {
        Unstart(job);
        job.IsChanging = true;
        journal.Gathering.Ends.Add(DamagedEnd(job.Id));
    }

    private JobEnd DamagedEnd(JobId id) => new(
        id, JobState.Failed, 0, null, store.Now, default, null, "The stored job is damaged: its checksum does not match.", "corrupt");

    [LoggerMessage(LogLevel.Error, "A job of shard {Shard} is damaged and fails")]
    private static partial void LogCorrupt(ILogger logger, string shard, Exception error);
}
