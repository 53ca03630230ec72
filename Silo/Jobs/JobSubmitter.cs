using System.Buffers;
using System.Diagnostics;
using Hearth.Cluster;
using Hearth.Functions;
using Hearth.Hosting;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>The way of jobs to their shard, for the HTTP API and for code in this process.</summary>
internal sealed class JobSubmitter(ShardDirectory shards, FunctionRegistry registry, SiloStore opened, TimeProvider clock) : IJobSubmitter
{
    /// <summary>How long a submission waits for the store; after it nobody knows what became of it.</summary>
    public static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(10);

    public async Task<JobSubmitted> SubmitAsync(string queue, JobSpec job, string? key = null)
    {
        var submitted = await SubmitManyAsync(queue, [job], key);
        return submitted.Items?[0] ?? new JobSubmitted(submitted.Outcome, submitted.First);
    }

    public async Task<JobsSubmitted> SubmitManyAsync(string queue, IReadOnlyList<JobSpec> jobs, string? key = null)
    {
        Check(queue);
        if (jobs.Count is 0 or > JobLimits.RequestJobsMax)
            throw new ArgumentException($"Submit 1 to {JobLimits.RequestJobsMax} jobs at once, not {jobs.Count}.", nameof(jobs));
        if (key is not null && !JobKey.IsValid(key))
            throw new ArgumentException("An idempotency key is 1 to 255 printable ASCII characters.", nameof(key));
        for (var i = 0; i < jobs.Count; i++)
        {
            if (Check(jobs[i]) is { } mistake)
                throw new JobRefusedException(jobs.Count == 1 ? mistake : mistake with { Field = $"[{i}].{mistake.Field}" });
        }

        if (key is not null && jobs.Count > 1 && jobs.Any(job => job.Options?.Unique is not null))
            throw new ArgumentException("Leave out the key, or the jobs' Unique: they do not go together for several jobs.", nameof(key));
        var specs = jobs.ToArray();
        return await SendAsync(queue, specs, key is null ? null : JobKey.Of(key, specs));
    }

    /// <summary>The key of the shard that takes a job.</summary>
    public ValueTask<string> ShardOfAsync(string queue, JobSpec job, CancellationToken cancellationToken) => shards.TakerOfAsync(queue, job, cancellationToken);

    /// <summary>Refuses what cannot be submitted inside a transaction of the application's.</summary>
    public void CheckForTransaction(string queue, JobSpec job)
    {
        Check(queue);
        if (opened.PostgreSql is null)
            throw new InvalidOperationException("This silo does not keep its jobs in PostgreSQL, so a transaction there cannot submit any: start it with --database.");
        if (job.Options?.Unique is not null)
            throw new JobRefusedException(new JobMistake("unique", "A job that is submitted inside a transaction cannot be unique: leave it out."));
        if (Check(job) is { } mistake)
            throw new JobRefusedException(mistake);
    }

    /// <summary>Hands jobs that have been checked to their shard.</summary>
    /// <exception cref="OutcomeUnknownException">There was no answer in time.</exception>
    /// <exception cref="StoreUnavailableException">Nothing was stored.</exception>
    /// <exception cref="QueueWithoutSiloException">Nothing was stored: the queue's pool has no silo.</exception>
    /// <exception cref="TooManyQueuesException">The queue is new, and there are as many as there can be.</exception>
    public async Task<JobsSubmitted> SendAsync(string queue, JobSpec[] jobs, JobKey? key)
    {
        NoteTrace(jobs);
        var sent = AskAsync(queue, jobs, key);
        try
        {
            return await sent.WaitAsync(AnswerMax, clock);
        }
        catch (TimeoutException e)
        {
            // It goes on; who asks again with the same key finds out.
            _ = sent.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw new OutcomeUnknownException($"The store did not answer within {AnswerMax.TotalSeconds:0} s; whether the jobs are stored is not known.", e);
        }
        catch (Orleans.Runtime.OrleansException e) when (!NotRun.Is(e))
        {
            throw new OutcomeUnknownException("The owner of the queue did not answer; whether the jobs are stored is not known.", e);
        }
    }

    /// <summary>Jobs of a request that is traced remember the trace, so that their runs link to it.</summary>
    private static void NoteTrace(JobSpec[] jobs)
    {
        if (Activity.Current is not { Recorded: true, IdFormat: ActivityIdFormat.W3C } activity)
            return;
        foreach (ref var job in jobs.AsSpan())
        {
            if (job.Options?.TraceParent is null)
                job = job with { Options = (job.Options ?? JobOptions.Default) with { TraceParent = activity.Id } };
        }
    }

    private async Task<JobsSubmitted> AskAsync(string queue, JobSpec[] jobs, JobKey? key)
    {
        if (!await shards.MayTakeAsync(queue, CancellationToken.None))
            throw new TooManyQueuesException();
        var takers = await shards.TakersAsync(queue, CancellationToken.None);
        var submitted = shards.HasManyShards(queue) ? null : await AskAsync(queue, takers.KeyOf(queue, 0), jobs, null, key);
        return submitted is not null && !SplitSubmission.HasMoved(submitted)
            ? submitted
            : await new SplitSubmission(shards, clock, (shard, some, places) => AskAsync(queue, shard, some, places, key)).RunAsync(queue, jobs, key, submitted);
    }

    private async Task<JobsSubmitted> AskAsync(string queue, string shardKey, JobSpec[] jobs, int[]? places, JobKey? key)
    {
        if (!shards.HasHome(shardKey))
            throw new QueueWithoutSiloException(queue, ShardKey.PoolOf(shardKey));
        var shard = shards.Of(shardKey);
        try
        {
            return await AskAsync(shard, jobs, places, key);
        }
        catch (Orleans.Runtime.OrleansException e) when (key is not null ? NotRun.IsRefused(e) : NotRun.Is(e))
        {
            // The shard moves, or its silo has died: whoever owns it next takes them.
            return await GrainCalls.UntilTakenAsync(() => AskAsync(shard, jobs, places, key), clock, isRepeatable: key is not null);
        }
    }

    private static async Task<JobsSubmitted> AskAsync(IShardGrain shard, JobSpec[] jobs, int[]? places, JobKey? key)
    {
        if (places is not null)
            return await shard.SubmitPartAsync(jobs, places, key!);
        if (jobs is not [var job])
            return await shard.SubmitManyAsync(jobs, key);
        var one = await shard.SubmitAsync(job, key);
        return new JobsSubmitted(one.Outcome, one.Id, 1);
    }

    private static void Check(string queue)
    {
        if (!QueueName.IsValid(queue))
            throw new ArgumentException($"'{queue}' cannot be a queue: {QueueName.Rule}.", nameof(queue));
    }

    private JobMistake? Check(JobSpec job) => JobRules.Check(job) ?? CheckInput(job);

    private JobMistake? CheckInput(JobSpec job)
    {
        if (registry.FindOffered(job.Function) is not { } function)
            return new JobMistake("function", $"No function '{job.Function}' is served here.");
        if (!function.Input.Takes(job.ContentType))
            return new JobMistake("contentType", $"Function '{function.Name}' does not take '{job.ContentType}'.");
        return function.CheckInput(new ReadOnlySequence<byte>(job.Input), job.ContentType, job.Options?.Lenient == true) is { } error
            ? new JobMistake("input" + error.Field?.TrimStart('$'), error.Detail)
            : null;
    }
}

/// <summary>The pool of a queue has no silo that could store its jobs.</summary>
internal sealed class QueueWithoutSiloException(string queue, string pool)
    : StoreUnavailableException($"Queue '{queue}' is in pool '{pool}', which has no silo that takes work now: start one with --pool {pool}. Nothing was stored.");

/// <summary>There are as many queues as there can be.</summary>
internal sealed class TooManyQueuesException() : Exception($"There are {JobLimits.ShardsMax} shards, which is as many as there can be: use a queue that is there.");
