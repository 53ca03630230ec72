using System.Text.Json;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>A job that fails for good is handed to another queue: once.</summary>
public sealed class LetterTests : JobWorldTests
{
    private static readonly RetryPolicy Once = new(Attempts: 1);

    [Fact]
    public async Task A_failed_job_is_handed_on_with_its_input_and_error()
    {
        var silo = await StartAsync();
        var failed = await silo.SubmitAsync("fail", "why", new JobOptions { Retry = Once });
        var fine = await silo.SubmitAsync("echo");
        var again = await silo.SubmitAsync("fail", "again", new JobOptions { Retry = new RetryPolicy(Attempts: 2, Jitter: 0) });
        await world.EndAsync(failed);
        await world.EndAsync(fine);
        var letter = JsonDocument.Parse(Assert.Single(await LettersAsync(silo, 1))).RootElement;
        Assert.Equal(
            (failed.ToString(), JobSilo.Queue, "fail", 1, "InvalidOperationException", "why"),
            (letter.GetProperty("id").GetString(), letter.GetProperty("queue").GetString(), letter.GetProperty("function").GetString(), letter.GetProperty("attempt").GetInt32(),
                letter.GetProperty("errorType").GetString(), letter.GetProperty("input").GetString()));
        await world.EndLaterAsync(again, TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await LettersAsync(silo, 2)).Count);
    }

    [Fact]
    public async Task A_letter_whose_job_fails_is_not_handed_on()
    {
        var silo = await StartAsync();
        var failed = await silo.SubmitAsync("fail", options: new JobOptions { Retry = Once, Tags = ["dead-letter"] });
        await world.EndAsync(failed);
        var other = await silo.SubmitAsync("fail", options: new JobOptions { Retry = Once });
        await world.EndAsync(other);
        Assert.Contains(other.ToString(), Assert.Single(await LettersAsync(silo, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_is_no_letter_without_the_end_and_one_when_the_end_was_written_at_last()
    {
        var silo = await StartAsync();
        var failed = await silo.SubmitAsync("hold", "gate", new JobOptions { Retry = Once });
        await world.RunsAsync(failed);
        silo.Store.IsReadOnly = true;
        world.Gate("gate").SetException(new InvalidOperationException("no"));
        await JobWorld.PauseAsync();
        silo.Store.IsReadOnly = false;
        await world.EndLaterAsync(failed, TimeSpan.FromSeconds(1));
        Assert.Single(await LettersAsync(silo, 1));
        await JobWorld.PauseAsync();
        Assert.Single(await LettersAsync(silo, 1));
    }

    [Fact]
    public async Task A_crashed_job_and_one_whose_lease_ran_out_are_handed_on()
    {
        var silo = await StartAsync();
        var job = await silo.SubmitAsync("outside", "lost", new JobOptions { Retry = Once });
        Assert.Single(await silo.Shard.LeaseOutsideAsync(new OutsideAsk(["outside"], 1, "w", TimeSpan.FromSeconds(5))));
        await world.EndLaterAsync(job, TimeSpan.FromSeconds(1));
        Assert.Contains("lease-expired", Assert.Single(await LettersAsync(silo, 1)), StringComparison.Ordinal);

        var told = await silo.SubmitAsync("outside", "told", new JobOptions { Retry = Once });
        var leased = Assert.Single(await silo.Shard.LeaseOutsideAsync(new OutsideAsk(["outside"], 1, "w", TimeSpan.FromSeconds(60))));
        Assert.True(Assert.Single(await silo.Shard.CompleteOutsideAsync([new JobResult(told, leased.Lease.Attempt, AttemptOutcome.Failed, default, default, Error: "no")])));
        Assert.Equal(2, (await LettersAsync(silo, 2)).Count);

        var crashing = await silo.SubmitAsync("hold", "never");
        await world.RunsAsync(crashing);
        while (await world.Store.FindEndAsync(crashing, CancellationToken.None) is null)
        {
            silo.Crash();
            var runs = world.RunsOf(crashing).Count;
            silo = await world.StartAsync();
            await silo.Shard.WakeAsync();
            await JobWorld.EventuallyAsync(
                async () => world.RunsOf(crashing).Count > runs || await world.Store.FindEndAsync(crashing, CancellationToken.None) is not null, "it runs again, or has ended");
        }

        Assert.Equal("crashed", (await world.EndAsync(crashing)).ErrorType);
        Assert.Single(await LettersAsync(silo, 3), letter => letter.Contains("crashed", StringComparison.Ordinal));
    }

    private async Task<JobSilo> StartAsync()
    {
        var silo = await world.StartAsync();
        var queue = silo.Grains.GetGrain<IQueueGrain>(JobSilo.Queue);
        await queue.PutAsync(new QueueDefinition { DeadLetters = new DeadLetters("dead", "script") }, QueueCondition.None);
        return silo;
    }

    /// <summary>The inputs of the letters that are in the other queue's inbox, or stored there.</summary>
    private async Task<IReadOnlyList<string>> LettersAsync(JobSilo silo, int count)
    {
        await silo.Grains.GetGrain<IShardGrain>(ShardKey.Of("dead")).ReadInboxAsync();
        var number = (await world.Store.ShardNumberAsync(ShardKey.Of("dead"), CancellationToken.None))!.Value;
        var page = await world.Store.ListAsync(new Hearth.Storage.JobFilter([number]), CancellationToken.None);
        Assert.Equal(count, page.Jobs.Count);
        return [.. (await world.Store.ReadJobsAsync(number, [.. page.Jobs.Select(job => job.Id)], CancellationToken.None)).Select(row => System.Text.Encoding.UTF8.GetString(row.Spec.Input.Span))];
    }
}
