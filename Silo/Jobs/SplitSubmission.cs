using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// The way of a request's jobs to a queue of several shards. Those without a key go to one shard, each request to the next, and to another when that is
/// full; those with a key of their own go where it belongs, and are answered one by one; a request with an idempotency key goes where that belongs, or
/// if it has several jobs of which some have keys of their own, each job where its own belongs. A shard that takes no new jobs any more says so: then the
/// queue's shards are looked up anew.
/// </summary>
/// <param name="shards">Which shards there are.</param>
/// <param name="clock">The clock.</param>
/// <param name="ask">Hands jobs to a shard; with their places where the request's others go to other shards.</param>
internal sealed class SplitSubmission(ShardDirectory shards, TimeProvider clock, Func<string, JobSpec[], int[]?, Task<JobsSubmitted>> ask)
{
    /// <summary>How long the shards are looked up anew.</summary>
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <param name="queue">The queue.</param>
    /// <param name="jobs">The request's jobs.</param>
    /// <param name="key">Its idempotency key, if it has one.</param>
    /// <param name="before">What a shard has answered that has moved meanwhile; null: none was asked.</param>
    public async Task<JobsSubmitted> RunAsync(string queue, JobSpec[] jobs, JobKey? key, JobsSubmitted? before = null)
    {
        var since = clock.GetTimestamp();
        var items = new JobSubmitted[jobs.Length];
        var left = Enumerable.Range(0, jobs.Length).ToArray();
        var isInParts = false;
        if (before is not null)
        {
            Note(before, left, items);
            left = [.. left.Where(i => items[i].Outcome == SubmitOutcome.Moved)];
            await shards.RefreshAsync();
        }

        while (true)
        {
            var takers = await shards.TakersAsync(queue, CancellationToken.None);
            var named = shards.Named(queue, jobs);
            CheckKeys(queue, takers, jobs, named);
            // A repeat has to find what was stored in the same way, also when the shards are others by then.
            isInParts |= key is not null && jobs.Length > 1 && shards.HasManyShards(queue) && Array.Exists(named, job => job.Options?.Key is not null);
            if (isInParts)
            {
                await AskPartsAsync(queue, takers, named, key!, left, items);
            }
            else if (left.Length == jobs.Length && SharedKey(queue, takers, named, key) is var shared && shared is not "")
            {
                var whole = await AskOneAsync(queue, takers, shared, named);
                if (!HasMoved(whole))
                    return whole;
                Note(whole, left, items);
            }
            else
            {
                await AskEachAsync(queue, takers, named, left, items);
            }

            left = [.. left.Where(i => items[i].Outcome == SubmitOutcome.Moved)];
            if (left.Length == 0)
                return Answer(items, isInParts);
            if (clock.GetElapsedTime(since) > PatienceMax)
                return left.Length == jobs.Length ? throw NotTaken(queue) : throw new OutcomeUnknownException($"Some of the jobs are stored; queue '{queue}' gets other shards.");
            await Task.Delay(Pause, clock);
            await shards.RefreshAsync();
        }
    }

    public static bool HasMoved(JobsSubmitted submitted) =>
        submitted.Outcome == SubmitOutcome.Moved || submitted.Items?.Any(item => item.Outcome == SubmitOutcome.Moved) == true;

    /// <summary>Where a request is refused it is so as a whole, though its jobs were asked for one by one.</summary>
    private static JobsSubmitted Answer(JobSubmitted[] items, bool isInParts)
    {
        if (isInParts && Array.Find(items, item => item.Outcome is SubmitOutcome.OtherBody or SubmitOutcome.InProgress) is { Outcome: not SubmitOutcome.Accepted } refused)
            return new JobsSubmitted(refused.Outcome, default, 0);
        return isInParts && Array.TrueForAll(items, item => item.Outcome == SubmitOutcome.QueueFull)
            ? new JobsSubmitted(SubmitOutcome.QueueFull, default, 0)
            : new JobsSubmitted(items[0].Outcome, items[0].Id, items.Length, items);
    }

    /// <summary>Keys that may belong to different shards exclude each other.</summary>
    private static void CheckKeys(string queue, QueueGeneration takers, JobSpec[] jobs, JobSpec[] named)
    {
        if (takers.Count == 1)
            return;
        var both = Array.FindIndex(named, job => job.Options is { Key: not null, Unique: not null });
        if (both < 0)
            return;
        var key = jobs[both].Options!.Key is null ? "a key, which limits.key finds in its input," : "key";
        throw new JobRefusedException(new JobMistake(
            (jobs.Length == 1 ? "" : $"[{both}].") + "unique",
            $"Queue '{queue}' has {takers.Count} shards, and each key belongs to one of them: a job can have either {key} or unique there. Leave one out, or use a queue of one shard."));
    }

    /// <summary>The shard that all the jobs have to go to; null: any; empty: each has its own.</summary>
    private static string? SharedKey(string queue, QueueGeneration takers, JobSpec[] jobs, JobKey? key) =>
        takers.Count == 1 ? takers.KeyOf(queue, 0)
        : JobRoute.HashOf(jobs, key) is { } route ? takers.KeyFor(queue, route.Span)
        : jobs.Length > 1 && Array.Exists(jobs, job => OwnShard(queue, takers, job) is not null) ? "" : null;

    private static string? OwnShard(string queue, QueueGeneration takers, JobSpec job) =>
        JobRoute.HashOf(job) is { } route ? takers.KeyFor(queue, route.Span) : null;

    private async Task<JobsSubmitted> AskOneAsync(string queue, QueueGeneration takers, string? shard, JobSpec[] jobs)
    {
        if (shard is not null)
            return await ask(shard, jobs, null);
        JobsSubmitted submitted;
        var tries = 0;
        do
        {
            submitted = await ask(shards.KeyOf(queue, takers), jobs, null);
        }
        while (submitted.Outcome == SubmitOutcome.QueueFull && ++tries < takers.Count);
        return submitted;
    }

    private async Task AskEachAsync(string queue, QueueGeneration takers, JobSpec[] jobs, int[] left, JobSubmitted[] items)
    {
        var any = shards.KeyOf(queue, takers);
        var groups = left.GroupBy(i => OwnShard(queue, takers, jobs[i]) ?? any, StringComparer.Ordinal).Select(group => (Shard: group.Key, Indexes: group.ToArray()));
        await AllAsync([.. groups.Select(async group => Note(await ask(group.Shard, [.. group.Indexes.Select(i => jobs[i])], null), group.Indexes, items))], isAnyStored: false);
    }

    private Task AskPartsAsync(string queue, QueueGeneration takers, JobSpec[] jobs, JobKey key, int[] left, JobSubmitted[] items)
    {
        var parts = left.GroupBy(i => takers.KeyFor(queue, (JobRoute.HashOf(jobs[i]) ?? key.HashOf(i)).Span), StringComparer.Ordinal).Select(part => (Shard: part.Key, Places: part.ToArray()));
        return AllAsync(
            [.. parts.Select(async part => Note(await ask(part.Shard, [.. part.Places.Select(i => jobs[i])], part.Places), part.Places, items))],
            isAnyStored: left.Length < jobs.Length);
    }

    private static async Task AllAsync(List<Task<bool>> asked, bool isAnyStored)
    {
        try
        {
            await Task.WhenAll(asked);
        }
        catch (StoreUnavailableException e) when (e is not OutcomeUnknownException && (isAnyStored || asked.Exists(task => task.IsCompletedSuccessfully)))
        {
            throw new OutcomeUnknownException("Some of the jobs are stored, others are not.", e);
        }
    }

    private static bool Note(JobsSubmitted submitted, int[] indexes, JobSubmitted[] items)
    {
        for (var i = 0; i < indexes.Length; i++)
            items[indexes[i]] = submitted.Items?[i]
                ?? new JobSubmitted(submitted.Outcome, submitted.Outcome == SubmitOutcome.Accepted ? submitted.First.Plus(i) : submitted.First);
        return true;
    }

    private static StoreUnavailableException NotTaken(string queue) => new($"Queue '{queue}' gets other shards; nothing was stored. Try again.");
}
