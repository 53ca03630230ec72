using System.Security.Cryptography;
using System.Text;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>What is accepted, and what is not.</summary>
public sealed class SubmitTests : JobWorldTests
{
    [Fact]
    public async Task A_job_is_stored_before_it_is_acknowledged_and_then_runs_once()
    {
        var silo = await world.StartAsync();
        var id = await silo.SubmitAsync("echo", "abc");
        Assert.Equal(id, (await world.Store.FindAsync(id, CancellationToken.None))!.Id);
        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Succeeded, 1, "\"abc\""), (end.State, end.Attempt, Encoding.UTF8.GetString(end.Result.Span)));
        Assert.Single(world.RunsOf(id));
    }

    [Fact]
    public async Task Nothing_is_acknowledged_and_nothing_starts_while_the_write_is_held()
    {
        var silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        silo.Store.HoldWrites();
        var submitted = silo.SubmitAsync("echo");
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites == 1, "the write waits");
        await JobWorld.PauseAsync();
        Assert.False(submitted.IsCompleted);
        Assert.Empty(world.Runs);
        Assert.Equal(0, (await silo.Shard.DepthAsync()).Open);
        silo.Store.ReleaseWrites();
        await world.EndAsync(await submitted);
    }

    [Fact]
    public async Task A_submission_that_the_store_refuses_is_no_job()
    {
        var silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        silo.Store.FailNextWrite();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("echo"));
        Assert.Equal(0, (await silo.Shard.DepthAsync()).Open);
        await world.EndAsync(await silo.SubmitAsync("echo"));
        Assert.Single(world.Runs);
    }

    [Fact]
    public async Task The_jobs_of_one_request_have_ids_that_follow_each_other()
    {
        var silo = await world.StartAsync();
        var many = await silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 100).Select(i => JobWorld.Spec("echo", $"{i}"))]);
        Assert.Equal((SubmitOutcome.Accepted, 100), (many.Outcome, many.Count));
        for (var i = 0; i < 100; i++)
            Assert.Equal($"\"{i}\"", Encoding.UTF8.GetString((await world.EndAsync(many.First.Plus(i))).Result.Span));
    }

    [Fact]
    public async Task A_full_queue_refuses_a_request_whole_also_while_others_are_being_stored()
    {
        world.Options = world.Options with { DepthMax = 10 };
        var silo = await world.StartAsync("nothing");
        await silo.Shard.WakeAsync();
        silo.Store.HoldWrites();
        var first = silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 8).Select(_ => JobWorld.Spec("echo"))]);
        var second = silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 3).Select(_ => JobWorld.Spec("echo"))]);
        Assert.Equal(SubmitOutcome.QueueFull, (await second).Outcome);
        silo.Store.ReleaseWrites();
        Assert.Equal(SubmitOutcome.Accepted, (await first).Outcome);
        await silo.SubmitAsync("echo");
        var last = await silo.SubmitAsync("echo");
        Assert.Equal(SubmitOutcome.QueueFull, (await silo.Shard.SubmitAsync(JobWorld.Spec("echo"))).Outcome);
        await silo.Shard.CancelAsync(last);
        await silo.SubmitAsync("echo");
        Assert.Equal(10, (await silo.Shard.DepthAsync()).Open);
    }

    [Fact]
    public async Task A_request_that_cannot_be_understood_leaves_nothing_behind_in_the_next_one()
    {
        var silo = await world.StartAsync();
        var odd = new JobOptions { Delay = TimeSpan.MaxValue, ExpireAfter = TimeSpan.MaxValue };
        var parked = await silo.SubmitAsync("echo", "", odd);
        var sooner = await silo.SubmitAsync("echo", "", new JobOptions { Delay = TimeSpan.MinValue, Priority = 99 });
        await world.EndAsync(sooner);
        Assert.Equal(JobState.Scheduled, (await world.Store.FindAsync(parked, CancellationToken.None))!.State);
    }

    [Fact]
    public async Task A_key_means_the_same_jobs_for_a_day_and_refuses_another_body()
    {
        var silo = await world.StartAsync();
        var key = Key("k", "body");
        JobSpec[] jobs = [JobWorld.Spec("echo", "1"), JobWorld.Spec("echo", "2")];
        var first = await silo.Shard.SubmitManyAsync(jobs, key);
        var again = await silo.Shard.SubmitManyAsync(jobs, key);
        Assert.Equal((SubmitOutcome.Repeat, first.First, 2), (again.Outcome, again.First, again.Count));
        Assert.Equal(SubmitOutcome.OtherBody, (await silo.Shard.SubmitManyAsync(jobs, Key("k", "another"))).Outcome);
        await world.EndAsync(first.First);
        Assert.Equal(SubmitOutcome.Repeat, (await silo.Shard.SubmitManyAsync(jobs, key)).Outcome);
        world.Clock.Advance(JobLimits.KeyWindow + TimeSpan.FromSeconds(1));
        Assert.Equal(SubmitOutcome.Accepted, (await silo.Shard.SubmitManyAsync(jobs, key)).Outcome);
    }

    [Fact]
    public async Task A_key_that_is_being_stored_is_in_progress_and_one_that_failed_is_free()
    {
        var silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        silo.Store.HoldWrites();
        var first = silo.Shard.SubmitAsync(JobWorld.Spec("echo"), Key("k", "b"));
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites == 1, "the write waits");
        Assert.Equal(SubmitOutcome.InProgress, (await silo.Shard.SubmitAsync(JobWorld.Spec("echo"), Key("k", "b"))).Outcome);
        silo.Store.FailNextWrite();
        silo.Store.ReleaseWrites();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => first);
        Assert.Equal(SubmitOutcome.Accepted, (await silo.Shard.SubmitAsync(JobWorld.Spec("echo"), Key("k", "b"))).Outcome);
    }

    [Fact]
    public async Task A_key_survives_the_owner()
    {
        var silo = await world.StartAsync();
        var first = await silo.Shard.SubmitAsync(JobWorld.Spec("echo"), Key("k", "b"));
        silo.Crash();
        var next = await world.StartAsync();
        Assert.Equal(new JobSubmitted(SubmitOutcome.Repeat, first.Id), await next.Shard.SubmitAsync(JobWorld.Spec("echo"), Key("k", "b")));
    }

    [Fact]
    public async Task Of_many_that_are_alike_and_come_at_once_one_is_accepted()
    {
        var silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        silo.Store.HoldWrites();
        var options = new JobOptions { Unique = new UniqueSpec("one") };
        var all = Enumerable.Range(0, 20).Select(i => silo.Shard.SubmitAsync(JobWorld.Spec("hold", $"{i}", options))).ToList();
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites == 1, "the write waits");
        silo.Store.ReleaseWrites();
        var outcomes = await Task.WhenAll(all);
        Assert.Single(outcomes, o => o.Outcome == SubmitOutcome.Accepted);
        Assert.Equal(19, outcomes.Count(o => o.Outcome == SubmitOutcome.Duplicate));
        Assert.Single(outcomes.Select(o => o.Id).Distinct());
    }

    [Fact]
    public async Task Unique_counts_states_and_time()
    {
        var silo = await world.StartAsync();
        var whileOpen = new JobOptions { Unique = new UniqueSpec("open") };
        var first = await silo.SubmitAsync("hold", "gate", whileOpen);
        Assert.Equal(SubmitOutcome.Duplicate, (await silo.Shard.SubmitAsync(JobWorld.Spec("hold", "other", whileOpen))).Outcome);
        world.Gate("gate").SetResult();
        await world.EndAsync(first);
        await silo.SubmitAsync("hold", "gate", whileOpen);

        var anyState = new JobOptions
        {
            Unique = new UniqueSpec("any", TimeSpan.FromMinutes(5), [.. UniqueKey.OpenStates, JobState.Succeeded]),
        };
        await world.EndAsync(await silo.SubmitAsync("echo", "", anyState));
        Assert.Equal(SubmitOutcome.Duplicate, (await silo.Shard.SubmitAsync(JobWorld.Spec("echo", "", anyState))).Outcome);
        world.Clock.Advance(TimeSpan.FromMinutes(6));
        await silo.SubmitAsync("echo", "", anyState);
    }

    [Fact]
    public async Task A_failed_job_is_driven_again_as_a_new_one_that_points_to_it()
    {
        var silo = await world.StartAsync();
        var failed = await silo.SubmitAsync("fail", "", new JobOptions { Retry = new RetryPolicy(1), Priority = 1, Tags = ["a"] });
        Assert.Equal(JobState.Failed, (await world.EndAsync(failed)).State);
        var again = await silo.Shard.RedriveAsync(failed);
        Assert.Equal(ActResult.Done, again.Result);
        await world.EndAsync(again.Id);
        var view = (await world.Store.FindAsync(again.Id, CancellationToken.None))!;
        Assert.Equal((failed, (byte)1), (view.RedriveOf!.Value, view.Priority));
        Assert.Equal(JobState.Failed, (await world.EndAsync(failed)).State);

        var succeeded = await silo.SubmitAsync("echo");
        await world.EndAsync(succeeded);
        Assert.Equal(ActResult.HadSucceeded, (await silo.Shard.RedriveAsync(succeeded)).Result);
        Assert.Equal(ActResult.IsOpen, (await silo.Shard.RedriveAsync(await silo.SubmitAsync("hold", "g"))).Result);
        Assert.Equal(ActResult.Unknown, (await silo.Shard.RedriveAsync(JobId.Create(1, 1, succeeded.Shard, 1))).Result);
    }

    private static JobKey Key(string key, string body) => new(SHA256.HashData(Encoding.UTF8.GetBytes(key)), SHA256.HashData(Encoding.UTF8.GetBytes(body)));
}
