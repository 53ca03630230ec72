using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>Accepting jobs.</summary>
internal sealed partial class ShardGrain
{
    private readonly Dictionary<string, Task> keysUnderWay = new(StringComparer.Ordinal);

    public Task<JobSubmitted> SubmitAsync(JobSpec job, JobKey? key = null)
    {
        if (!MayTake([job]))
            return Task.FromResult(new JobSubmitted(SubmitOutcome.Moved, default));
        if (key is not null || job.Options?.Unique is not null)
            return SubmitOneOfManyAsync(job, key);
        if (!HasRoom(1))
            return Task.FromResult(new JobSubmitted(SubmitOutcome.QueueFull, default));
        var accepted = journal.Gathering.WhenStored(Gather([job]));
        _ = journal.WriteAsync();
        return accepted;
    }

    public async Task<JobsSubmitted> SubmitManyAsync(JobSpec[] jobs, JobKey? key = null)
    {
        if (!MayTake(jobs))
            return Moved;
        if (!HasRoom(jobs.Length))
            return new JobsSubmitted(SubmitOutcome.QueueFull, default, 0);
        if (key is not null)
            return await SubmitKeyedAsync(jobs, key);
        if (Array.Exists(jobs, job => job.Options?.Unique is not null))
            return await SubmitUniqueAsync(jobs);
        var first = Gather(jobs);
        await journal.WriteAsync();
        return new JobsSubmitted(SubmitOutcome.Accepted, first, jobs.Length);
    }

    public async Task<ActOutcome> RedriveAsync(JobId id, JobKey? key = null)
    {
        var ended = await store.FindAsync(id, CancellationToken.None);
        if (ended is null)
            return new ActOutcome(ActResult.Unknown, id);
        if (!ended.HasEnded)
            return new ActOutcome(ActResult.IsOpen, id);
        if (ended.State == JobState.Succeeded)
            return new ActOutcome(ActResult.HadSucceeded, id);
        if (await store.ReadJobsAsync(claim.Number, [id], CancellationToken.None) is not [var row])
            return new ActOutcome(ActResult.Unknown, id);
        var again = row.Spec with
        {
            Options = (row.Spec.Options ?? JobOptions.Default) with { DueAt = null, ExpiresAt = null, Unique = null, RedriveOf = id },
        };
        var submitted = await SubmitAsync(again, key);
        return new ActOutcome(submitted.Outcome switch
        {
            SubmitOutcome.Accepted or SubmitOutcome.Repeat => ActResult.Done,
            SubmitOutcome.OtherBody => ActResult.KeyReused,
            SubmitOutcome.InProgress => ActResult.KeyInProgress,
            _ => ActResult.QueueFull,
        }, submitted.Id, submitted.Outcome == SubmitOutcome.Repeat);
    }

    private static JobsSubmitted Moved { get; } = new(SubmitOutcome.Moved, default, 0);

    private bool HasRoom(int jobs) => memory.Open + journal.PendingJobs + jobs <= DepthMax;

    private async Task<JobSubmitted> SubmitOneOfManyAsync(JobSpec job, JobKey? key)
    {
        var many = await SubmitManyAsync([job], key);
        return many.Items?[0] ?? new JobSubmitted(many.Outcome, many.First);
    }

    private JobId Gather(ReadOnlySpan<JobSpec> jobs)
    {
        var now = store.Now;
        var first = mint.Next(now, jobs.Length);
        journal.Gathering.Jobs.MakeRoom(jobs.Length);
        for (var i = 0; i < jobs.Length; i++)
            journal.Gathering.Jobs.Add(new JobRow(first.Plus(i), WithTimes(WithKey(jobs[i]), now)));
        return first;
    }

    /// <summary>Durations become times on the store's clock; a time that has come is none. Takes whatever it is given.</summary>
    private static JobSpec WithTimes(JobSpec job, DateTimeOffset now)
    {
        if (job.Options is not { } asked || (asked.Delay ?? asked.ExpireAfter) is null && asked.DueAt is null)
            return job;
        var dueAt = asked.Delay is { } delay ? After(now, delay) : asked.DueAt;
        return job with
        {
            Options = asked with
            {
                Delay = null,
                DueAt = dueAt > now ? dueAt : null,
                ExpireAfter = null,
                ExpiresAt = asked.ExpireAfter is { } after ? After(now, after) : asked.ExpiresAt,
            },
        };
    }

    private static DateTimeOffset After(DateTimeOffset now, TimeSpan wait) =>
        wait <= TimeSpan.Zero ? now : wait <= JobLimits.DelayMax ? now + wait : now + JobLimits.DelayMax;

    private async Task<JobsSubmitted> SubmitKeyedAsync(JobSpec[] jobs, JobKey key)
    {
        if (jobs.Length > 1 && Array.Exists(jobs, job => job.Options?.Unique is not null))
            throw new ArgumentException("An idempotency key and unique jobs do not go together in one request of several jobs.", nameof(key));
        return await AloneAsync(key, () => StoreKeyedAsync(jobs, key));
    }

    /// <summary>Two requests with one key do not run at once.</summary>
    private async Task<JobsSubmitted> AloneAsync(JobKey key, Func<Task<JobsSubmitted>> store)
    {
        var name = "i" + Convert.ToHexString(key.Hash.Span);
        if (keysUnderWay.ContainsKey(name))
            return new JobsSubmitted(SubmitOutcome.InProgress, default, 0);
        var stored = store();
        keysUnderWay.Add(name, stored);
        try
        {
            return await stored;
        }
        finally
        {
            keysUnderWay.Remove(name);
        }
    }

    private async Task<JobsSubmitted> StoreKeyedAsync(JobSpec[] jobs, JobKey key)
    {
        if (await FindKeyAsync(JobKeyKind.Idempotency, key.Hash, JobRoute.HashOf(jobs, key)!.Value, store.Now - JobLimits.KeyWindow) is { } row)
        {
            return row.BodyHash.Span.SequenceEqual(key.BodyHash.Span)
                ? new JobsSubmitted(SubmitOutcome.Repeat, row.Id, row.Count)
                : new JobsSubmitted(SubmitOutcome.OtherBody, default, 0);
        }

        // The next generation may have looked for the key meanwhile.
        if (!MayTake(jobs))
            return Moved;
        if (jobs is [{ Options.Unique: { } unique }])
        {
            var one = await SubmitUniqueAsync(jobs[0], unique, key);
            return new JobsSubmitted(one.Outcome, one.Id, 1);
        }

        var first = Gather(jobs);
        journal.Gathering.Keys.Add(new JobKeyRow(JobKeyKind.Idempotency, key.Hash, first, jobs.Length, key.BodyHash));
        await journal.WriteAsync();
        return new JobsSubmitted(SubmitOutcome.Accepted, first, jobs.Length);
    }

    private async Task<JobsSubmitted> SubmitUniqueAsync(JobSpec[] jobs)
    {
        // All at once: they share commits, and those that are alike wait for each other.
        var items = await Task.WhenAll(jobs.Select(job =>
            job.Options?.Unique is { } unique ? SubmitUniqueAsync(job, unique, key: null) : SubmitAsync(job)));
        return new JobsSubmitted(items[0].Outcome, items[0].Id, jobs.Length, items);
    }

    /// <summary>Two that are alike wait for each other; the key is looked for when the one before has been stored or refused.</summary>
    private async Task<JobSubmitted> SubmitUniqueAsync(JobSpec job, UniqueSpec unique, JobKey? key)
    {
        var hash = UniqueKey.HashOf(job);
        var name = "u" + Convert.ToHexString(hash);
        while (keysUnderWay.TryGetValue(name, out var before))
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var stored = StoreUniqueAsync(job, unique, hash, key);
        keysUnderWay.Add(name, stored);
        try
        {
            return await stored;
        }
        finally
        {
            keysUnderWay.Remove(name);
        }
    }

    private async Task<JobSubmitted> StoreUniqueAsync(JobSpec job, UniqueSpec unique, byte[] hash, JobKey? key)
    {
        if (unique.Mode is UniqueMode.Debounce or UniqueMode.Latest)
            return await StoreReplacingAsync(job, unique, hash, key);
        var within = unique.Within ?? JobLimits.KeyWindow;
        if (await FindKeyAsync(JobKeyKind.Unique, hash, hash, store.Now - within) is { } row
            && await StateAsync(row.Id) is { } state && (unique.Mode == UniqueMode.Throttle || (unique.While ?? UniqueKey.OpenStates).Contains(state)))
        {
            await RememberAsync(key, row.Id);
            return new JobSubmitted(SubmitOutcome.Duplicate, row.Id);
        }

        if (!MayTake([job]))
            return new JobSubmitted(SubmitOutcome.Moved, default);
        var id = Gather([job]);
        journal.Gathering.Keys.Add(new JobKeyRow(JobKeyKind.Unique, hash, id, 1, default));
        if (key is not null)
            journal.Gathering.Keys.Add(new JobKeyRow(JobKeyKind.Idempotency, key.Hash, id, 1, key.BodyHash));
        await journal.WriteAsync();
        return new JobSubmitted(SubmitOutcome.Accepted, id);
    }

    /// <summary>A key means the job that it was answered with, also when that was there before.</summary>
    private Task RememberAsync(JobKey? key, JobId id)
    {
        if (key is null)
            return Task.CompletedTask;
        journal.Gathering.Keys.Add(new JobKeyRow(JobKeyKind.Idempotency, key.Hash, id, 1, key.BodyHash));
        return journal.WriteAsync();
    }
}
