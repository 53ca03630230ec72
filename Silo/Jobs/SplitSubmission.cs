using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// The way of a request's jobs to a queue of several shards. Those without a key go to one shard, each request to the next, and to another when that is
/// full; those with a key of their own go where it belongs, and are answered one by one; a request with an idempotency key goes where that belongs.
/// A shard that takes no new jobs any more says so: then the queue's shards are looked up anew.
/// </summary>
/// <param name="shards">Which shards there are.</param>
/// <param name="clock">The clock.</param>
/// <param name="ask">Hands jobs to a shard.</param>
internal sealed class SplitSubmission(ShardDirectory shards, TimeProvider clock, Func<string, JobSpec[], Task<JobsSubmitted>> ask)
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
        if (before is not null)
        {
            Note(before, left, items);
            left = [.. left.Where(i => items[i].Outcome == SubmitOutcome.Moved)];
            await shards.RefreshAsync();
        }

        while (true)
        {
            var takers = await shards.TakersAsync(queue, CancellationToken.None);
            CheckKeys(queue, takers, jobs, key);
            if (left.Length == jobs.Length && SharedKey(queue, takers, jobs, key) is var shared && shared is not "")
            {
                var whole = await AskOneAsync(queue, takers, shared, jobs);
                if (!HasMoved(whole))
                    return whole;
                Note(whole, left, items);
            }
            else
            {
                await AskEachAsync(queue, takers, jobs, left, items);
            }

            left = [.. left.Where(i => items[i].Outcome == SubmitOutcome.Moved)];
            if (left.Length == 0)
                return new JobsSubmitted(items[0].Outcome, items[0].Id, items.Length, items);
            if (clock.GetElapsedTime(since) > PatienceMax)
                return left.Length == jobs.Length ? throw NotTaken(queue) : throw new OutcomeUnknownException($"Some of the jobs are stored; queue '{queue}' gets other shards.");
            await Task.Delay(Pause, clock);
            await shards.RefreshAsync();
        }
    }

    public static bool HasMoved(JobsSubmitted submitted) =>
        submitted.Outcome == SubmitOutcome.Moved || submitted.Items?.Any(item => item.Outcome == SubmitOutcome.Moved) == true;

    /// <summary>Keys that may belong to different shards exclude each other.</summary>
    private static void CheckKeys(string queue, QueueGeneration takers, JobSpec[] jobs, JobKey? key)
    {
        if (takers.Count == 1)
            return;
        for (var i = 0; i < jobs.Length; i++)
        {
            var (hasKey, isUnique) = (jobs[i].Options?.Key is not null, jobs[i].Options?.Unique is not null);
            if (hasKey && isUnique)
                throw Refused(i, "unique", "a job can have either key or unique");
            if (key is not null && jobs.Length > 1 && hasKey)
                throw Refused(i, "key", "a request of several jobs can have either an idempotency key or jobs with a key");
        }

        JobRefusedException Refused(int index, string field, string rule) => new(new JobMistake(
            (jobs.Length == 1 ? "" : $"[{index}].") + field,
            $"Queue '{queue}' has {takers.Count} shards, and each key belongs to one of them: {rule} there. Leave one out, or use a queue of one shard."));
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
            return await ask(shard, jobs);
        JobsSubmitted submitted;
        var tries = 0;
        do
        {
            submitted = await ask(shards.KeyOf(queue, takers), jobs);
        }
        while (submitted.Outcome == SubmitOutcome.QueueFull && ++tries < takers.Count);
        return submitted;
    }

    private async Task AskEachAsync(string queue, QueueGeneration takers, JobSpec[] jobs, int[] left, JobSubmitted[] items)
    {
        var any = shards.KeyOf(queue, takers);
        var groups = left.GroupBy(i => OwnShard(queue, takers, jobs[i]) ?? any, StringComparer.Ordinal).Select(group => (Shard: group.Key, Indexes: group.ToArray()));
        var asked = groups.Select(async group => Note(await ask(group.Shard, [.. group.Indexes.Select(i => jobs[i])]), group.Indexes, items)).ToList();
        try
        {
            await Task.WhenAll(asked);
        }
        catch (StoreUnavailableException e) when (e is not OutcomeUnknownException && asked.Exists(task => task.IsCompletedSuccessfully))
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
