using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// Jobs that take the place of another like them which still waits. The end of that one and the new one are one write: there is never none of them, and never two.
/// </summary>
internal sealed partial class ShardGrain
{
    private const int DebounceMaxFactor = 10;

    /// <summary>The new job takes the place of the last one like it, unless that runs or has ended.</summary>
    private async Task<JobSubmitted> StoreReplacingAsync(JobSpec job, UniqueSpec unique, byte[] hash, JobKey? key)
    {
        var last = (await FindKeyAsync(JobKeyKind.Unique, hash, hash, store.Now - JobLimits.UniqueWithinMax))?.Id;
        var since = unique.Mode == UniqueMode.Debounce && last is { } known ? await SinceAsync(known) : null;
        var id = default(JobId);
        if (last is { } replaced && replaced.Shard == claim.Number)
            await ReplaceAsync(replaced, () => MayTake([job]), Store);
        else
            await StoreBesideAsync(last, () => MayTake([job]), Store);
        return id == default ? new JobSubmitted(SubmitOutcome.Moved, id) : new JobSubmitted(SubmitOutcome.Accepted, id);

        Task Store(bool isReplaced)
        {
            id = Gather([unique.Mode == UniqueMode.Debounce ? PutOff(job, unique, isReplaced ? since : null) : job]);
            journal.Gathering.Keys.Add(new JobKeyRow(JobKeyKind.Unique, hash, id, 1, default));
            if (key is not null)
                journal.Gathering.Keys.Add(new JobKeyRow(JobKeyKind.Idempotency, key.Hash, id, 1, key.BodyHash));
            return journal.WriteAsync();
        }
    }

    public async Task<bool> EndReplacedAsync(JobId id)
    {
        var isReplaced = false;
        await ReplaceAsync(id, static () => true, ended =>
        {
            isReplaced = ended;
            return journal.WriteAsync();
        });
        return isReplaced;
    }

    /// <summary>
    /// The last one is of a shard that had the key before. No write is of two shards: the new one is stored first, so that there is never none, and the
    /// other is ended then. Should that fail, so does the call, and both are open.
    /// </summary>
    private async Task StoreBesideAsync(JobId? last, Func<bool> mayStore, Func<bool, Task> add)
    {
        var waits = last is { } before && await StateAsync(before) is JobState.Scheduled or JobState.Ready or JobState.Retrying;
        var shard = waits ? await store.ShardKeyAsync(last!.Value.Shard, CancellationToken.None) : null;
        if (!mayStore())
            return;
        await add(waits);
        if (shard is { } key && cluster.Current.HasHome(key))
            await GrainFactory.GetGrain<IShardGrain>(key).EndReplacedAsync(last!.Value);
    }

    private async Task<DateTimeOffset?> SinceAsync(JobId id) =>
        await store.ReadJobsAsync(id.Shard, [id], CancellationToken.None) is [var row] ? row.Spec.Options?.Unique?.Since : null;

    /// <summary>It starts when it has been quiet for a while, and at last some time after the first of those that replaced each other.</summary>
    private JobSpec PutOff(JobSpec job, UniqueSpec unique, DateTimeOffset? before)
    {
        var now = store.Now;
        var since = before ?? now;
        var wait = unique.Wait ?? TimeSpan.Zero;
        var (quiet, last) = (now + wait, since + (unique.Max ?? (wait * DebounceMaxFactor)));
        return job with { Options = job.Options! with { DueAt = quiet < last ? quiet : last, Unique = unique with { Since = since } } };
    }

    /// <summary>Ends a job that waits for its first or next attempt, in the same write with what takes its place.</summary>
    /// <param name="id">The job.</param>
    /// <param name="mayStore">Asked in the turn of the write; false: nothing is written, and nothing called.</param>
    /// <param name="store">Called once, in the turn in which the end is in the journal; with false when there is none, because it runs or has ended.</param>
    private async Task ReplaceAsync(JobId id, Func<bool> mayStore, Func<bool, Task> store)
    {
        while (true)
        {
            if (memory.Find(id) is { } job)
            {
                if (!job.IsChanging)
                {
                    if (mayStore())
                        await store(TryEndWaiting(job));
                    return;
                }
            }
            else
            {
                await RecoveredAsync();
                if (memory.Find(id) is not null)
                    continue;
                var (isParked, hasEnded) = await LookForParkedAsync(id);
                if (!mayStore())
                    return;
                if (hasEnded || (isParked && TryEndParked(id)))
                {
                    await store(!hasEnded);
                    return;
                }
            }

            // Somebody else is deciding about it.
            await journal.CatchUpAsync();
        }
    }

    private bool TryEndWaiting(JobEntry job)
    {
        if (job.State == JobState.Running)
            return false;
        job.IsChanging = true;
        journal.Gathering.Ends.Add(ReplacedEnd(job.Id, job.State, job.Attempt));
        return true;
    }

    private bool TryEndParked(JobId id)
    {
        if (!memory.BeginEnd(id))
            return false;
        journal.Gathering.Ends.Add(ReplacedEnd(id, JobState.Scheduled, 0));
        return true;
    }

    private async Task<(bool IsParked, bool HasEnded)> LookForParkedAsync(JobId id)
    {
        memory.LookAt(id);
        JobView? known;
        bool isParked;
        try
        {
            known = await store.FindAsync(id, CancellationToken.None);
        }
        finally
        {
            isParked = memory.LookAway(id);
        }

        return (isParked, known is null or { HasEnded: true });
    }

    private JobEnd ReplacedEnd(JobId id, JobState state, int attempt) => new(
        id, JobTransitions.Next(state, JobEvent.Cancelled)!.Value, attempt, null, store.Now, default, null,
        "A newer job like it has taken its place.", "replaced");
}
