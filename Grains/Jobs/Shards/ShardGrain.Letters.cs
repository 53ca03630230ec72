using System.Runtime.ExceptionServices;
using Hearth.Queues;
using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// Dead letters: a job that fails for good is handed to a function, as a job of another queue. (1) Before the end is decided, the failed job is read and
/// the letter written; (2) end and letter are one write, so that there is exactly one letter for each failure; (3) the other queue finds it in its inbox.
/// </summary>
internal sealed partial class ShardGrain
{
    /// <summary>Letters of jobs whose end is about to be decided; null: there is to be none.</summary>
    private readonly Dictionary<JobId, InboxPost?> letters = [];

    /// <summary>Jobs that fail as soon as their letters are written.</summary>
    private readonly HashSet<(JobId Id, int Attempt, JobState State)> failingLater = [];

    /// <summary>As <see cref="PrepareLettersAsync"/>: what needs no letter must not wait until one can be written.</summary>
    /// <returns>Why some could not be written; null: all are.</returns>
    private static async Task<ExceptionDispatchInfo?> TryPrepareAsync(Func<Task> prepare)
    {
        try
        {
            await prepare();
            return null;
        }
        catch (Exception e)
        {
            return ExceptionDispatchInfo.Capture(e);
        }
    }

    /// <summary>Letters of those among these results that may be the end of a job that failed.</summary>
    private async Task PrepareLettersAsync(IReadOnlyList<JobResult> results)
    {
        if (definition.DeadLetters is not { } target)
            return;
        var failed = results.Where(result => MayBeLast(result)).ToList();
        if (failed.Count == 0)
            return;
        int? shard = IsKeyed(target.Queue) ? null : await NumberOfAsync(target.Queue);
        foreach (var some in failed.Chunk(ReadUnknown))
        {
            var rows = await ReadRowsAsync([.. some.Select(result => result.Id)], [.. some.Select(result => result.Id)]);
            foreach (var result in some)
                await WriteLetterAsync(result, shard, target, rows.GetValueOrDefault(result.Id));
        }
    }

    /// <summary>Whether nothing may be decided about a result before its letter is written.</summary>
    private bool LacksLetter(in JobResult result) => definition.DeadLetters is not null && !letters.ContainsKey(result.Id) && MayBeLast(result);

    private bool MayBeLast(in JobResult result) => result.Outcome is AttemptOutcome.Failed or AttemptOutcome.FailedForGood
        && memory.Find(result.Id) is { State: JobState.Running } job && job.Attempt == result.Attempt
        && (result.Outcome == AttemptOutcome.FailedForGood || !Retries.AreLeft(result.Retry, job.Failures + 1, result.ErrorType));

    /// <summary>A letter whose own job fails is not handed on again: it would go round for ever.</summary>
    private async Task WriteLetterAsync(JobResult result, int? shard, DeadLetters target, JobSpec? failed)
    {
        if (failed?.Options?.Tags?.Contains(DeadLetter.Tag, StringComparer.Ordinal) == true)
        {
            letters[result.Id] = null;
            return;
        }

        var letter = DeadLetter.Write(result, ShardKey.QueueOf(Key), memory.Find(result.Id)?.Queue.Function ?? failed?.Function ?? "", failed);
        var number = shard ?? await NumberOfAsync(target.Queue, letter);
        letters[result.Id] = new InboxPost(number, InboxIds.Create(store.Now, number), letter with { Function = target.Function });
    }

    /// <summary>Whether it depends on a letter which shard of its queue gets it.</summary>
    private bool IsKeyed(string queue) => catalogue.Of(queue).Limits?.Key is not null && catalogue.GenerationsOf(queue) is [.., { Count: > 1 }];

    /// <summary>The journal has the end, and its letter where there is one.</summary>
    private void AddEnd(in JobEnd end)
    {
        journal.Gathering.Ends.Add(end);
        if (letters.Remove(end.Id, out var letter) && letter is { } post && end.State == JobState.Failed)
            journal.Gathering.Posts.Add(post);
    }

    /// <summary>What was written and not needed.</summary>
    private void DropLetters(IEnumerable<JobResult> results)
    {
        if (letters.Count == 0)
            return;
        foreach (var result in results)
            letters.Remove(result.Id);
    }

    /// <summary>Fails a job outside of a call that tells of it: at once, or where letters are wanted, when its letter is written.</summary>
    /// <param name="job">Nothing else is being decided about it.</param>
    /// <param name="result">Why it fails.</param>
    /// <param name="fail">Fails it; called only if it is still as it was.</param>
    private void FailWithLetter(JobEntry job, JobResult result, Action fail)
    {
        if (definition.DeadLetters is null || letters.ContainsKey(job.Id))
            fail();
        else if (failingLater.Add((job.Id, result.Attempt, job.State)))
            _ = FailLaterAsync(job, job.State, result, fail);
    }

    private async Task FailLaterAsync(JobEntry job, JobState state, JobResult result, Action fail)
    {
        while (!leaving.IsCancellationRequested)
        {
            try
            {
                await WriteLetterAsync(result);
                break;
            }
            catch (Exception e)
            {
                LogNoLetter(logger, job.Id, e.Message);
                await Task.Delay(RecoveryPause, clock, leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }

        failingLater.Remove((job.Id, result.Attempt, state));
        if (leaving.IsCancellationRequested)
        {
            // The next owner finds the job as it was, and tries again: an end without its letter would be one for good.
            letters.Remove(job.Id);
            return;
        }

        if (!isLost && memory.Find(job.Id) == job && job.State == state && job.Attempt == result.Attempt && !job.IsChanging)
            fail();
        letters.Remove(job.Id);
        _ = journal.WriteAsync();
    }

    private async Task WriteLetterAsync(JobResult result)
    {
        if (definition.DeadLetters is not { } target)
            return;
        int? shard = IsKeyed(target.Queue) ? null : await NumberOfAsync(target.Queue);
        var rows = await ReadRowsAsync([result.Id], [result.Id]);
        await WriteLetterAsync(result, shard, target, rows.GetValueOrDefault(result.Id));
    }

    /// <summary>The number of the shard that takes a letter, or any, of a queue; it is begun if need be.</summary>
    private async Task<int> NumberOfAsync(string queue, JobSpec? letter = null)
    {
        var route = letter is not null && catalogue.Of(queue).Limits?.Key is { } path ? JobRoute.HashOf(JobKeyPath.Named(path, letter)) : null;
        var key = catalogue.GenerationsOf(queue) is [.., var takers]
            ? route is { } known ? takers.KeyFor(queue, known.Span) : takers.KeyOf(queue, Random.Shared.Next(takers.Count))
            : (await store.ShardsAsync(leaving.Token)).FirstOrDefault(shard => ShardKey.QueueOf(shard.Key) == queue)?.Key
                ?? ShardKey.Of(queue, catalogue.Of(queue).Pool);
        if (await store.ShardNumberAsync(key, leaving.Token) is { } number)
            return number;
        try
        {
            await GrainFactory.GetGrain<IShardGrain>(key).WakeAsync();
        }
        catch (Exception e) when (e is not StoreUnavailableException)
        {
            throw new StoreUnavailableException($"Queue '{queue}', which gets the dead letters, has no silo now; try again.", e);
        }

        return await store.ShardNumberAsync(key, leaving.Token) ?? throw new StoreUnavailableException($"Queue '{queue}', which gets the dead letters, could not be made; try again.");
    }

    [LoggerMessage(LogLevel.Warning, "Job {Job} has failed, and its dead letter could not be written yet; trying again: {Why}")]
    private static partial void LogNoLetter(ILogger logger, JobId job, string why);
}
