using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>Jobs of which another like it is known: throttled, put off, or in the place of the one that waits.</summary>
public sealed class UniqueModeTests : JobWorldTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Of_throttled_jobs_the_first_in_a_period_runs_and_no_other()
    {
        var silo = await world.StartAsync();
        var unique = new UniqueSpec("k", TimeSpan.FromMinutes(1), Mode: UniqueMode.Throttle);
        var first = await silo.SubmitAsync("echo", "1", new JobOptions { Unique = unique });
        await world.EndAsync(first);
        Assert.Equal(new JobSubmitted(SubmitOutcome.Duplicate, first), await SubmitAsync(silo, "2", unique));
        world.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(SubmitOutcome.Accepted, (await SubmitAsync(silo, "3", unique)).Outcome);
    }

    [Fact]
    public async Task A_debounced_job_runs_when_it_has_been_quiet_with_the_newest_input()
    {
        var silo = await world.StartAsync();
        var unique = new UniqueSpec("k", Mode: UniqueMode.Debounce, Wait: 10 * Second, Max: TimeSpan.FromMinutes(5));
        var jobs = new List<JobId>();
        for (var i = 0; i < 5; i++)
        {
            jobs.Add((await SubmitAsync(silo, $"{i}", unique)).Id);
            world.Clock.Advance(9 * Second);
            await JobWorld.PauseAsync();
        }

        Assert.Empty(world.Runs);
        Assert.Equal(new ShardDepth(1, 0, 0, 0), await silo.Shard.DepthAsync());
        var end = await world.EndLaterAsync(jobs[^1], Second / 4);
        Assert.Equal(JobState.Succeeded, end.State);
        Assert.Equal("4", Assert.Single(world.Runs).Input);
        foreach (var job in jobs[..^1])
            Assert.Equal((JobState.Cancelled, "replaced"), await StateAsync(job));
    }

    [Fact]
    public async Task A_debounced_job_is_not_put_off_for_ever_whoever_owns_it()
    {
        var silo = await world.StartAsync();
        var unique = new UniqueSpec("k", Mode: UniqueMode.Debounce, Wait: 10 * Second, Max: 30 * Second);
        var began = world.Clock.GetUtcNow();
        for (var i = 0; world.Runs.IsEmpty; i++)
        {
            Assert.True(world.Clock.GetUtcNow() < began + (40 * Second), "It has been put off beyond its time.");
            await SubmitAsync(silo, $"{i}", unique);
            world.Clock.Advance(5 * Second);
            await JobWorld.PauseAsync();
            if (i != 2)
                continue;
            silo.Crash();
            silo = await world.StartAsync();
        }

        Assert.InRange(world.Runs.First().At, began + (30 * Second), began + (35 * Second));
    }

    [Fact]
    public async Task Of_the_latest_one_runs_and_one_waits_which_is_the_newest()
    {
        var silo = await world.StartAsync();
        var unique = new UniqueSpec("k", Mode: UniqueMode.Latest);
        var first = (await SubmitAsync(silo, "g0", unique, "hold")).Id;
        await world.RunsAsync(first);
        var jobs = new List<JobId>();
        for (var i = 1; i < 5; i++)
            jobs.Add((await SubmitAsync(silo, $"g{i}", unique, "hold")).Id);
        Assert.Equal(new ShardDepth(0, 1, 1, 0), await silo.Shard.DepthAsync());
        await JobWorld.PauseAsync();
        Assert.Single(world.Runs);
        foreach (var job in jobs[..^1])
            Assert.Equal((JobState.Cancelled, "replaced"), await StateAsync(job));
        world.Gate("g0").SetResult();
        await world.RunsAsync(jobs[^1]);
        world.OpenAll();
        await world.EndAsync(jobs[^1]);
        Assert.Equal(2, world.Runs.Count);
    }

    [Fact]
    public async Task The_latest_waits_for_the_one_that_runs_through_a_change_of_owners()
    {
        var silo = await world.StartAsync();
        var unique = new UniqueSpec("k", Mode: UniqueMode.Latest);
        var first = (await SubmitAsync(silo, "g0", unique, "hold")).Id;
        await world.RunsAsync(first);
        var second = (await SubmitAsync(silo, "g1", unique, "hold")).Id;
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("echo"));
        await world.EndAsync(await LaterAsync(() => silo.SubmitAsync("echo")));
        Assert.Empty(world.RunsOf(second));
        world.OpenAll();
        await world.EndAsync(second);
    }

    [Fact]
    public async Task The_end_of_the_one_and_the_other_are_one_write()
    {
        var silo = await world.StartAsync("nothing");
        foreach (var unique in new[] { new UniqueSpec("a", Mode: UniqueMode.Latest), new UniqueSpec("b", Mode: UniqueMode.Debounce, Wait: TimeSpan.FromHours(1)) })
        {
            var first = (await SubmitAsync(silo, "1", unique)).Id;
            var writes = new List<ShardWrite>();
            silo.Store.OnWrite = writes.Add;
            silo.Store.FailNextWrite();
            await Assert.ThrowsAsync<StoreUnavailableException>(() => SubmitAsync(silo, "2", unique));
            Assert.False((await world.Store.FindAsync(first, CancellationToken.None))!.HasEnded);
            var second = (await SubmitAsync(silo, "3", unique)).Id;
            Assert.Equal((JobState.Cancelled, "replaced"), await StateAsync(first));
            Assert.All(writes.Where(write => write.Ends.Length > 0), write => Assert.Equal((1, 1), (write.Jobs.Length, write.Ends.Length)));
            Assert.False((await world.Store.FindAsync(second, CancellationToken.None))!.HasEnded);
        }
    }

    [Fact]
    public async Task Many_at_once_leave_one()
    {
        var silo = await world.StartAsync("nothing");
        var unique = new UniqueSpec("k", Mode: UniqueMode.Latest);
        var jobs = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => SubmitAsync(silo, $"{i}", unique)));
        Assert.Equal(new ShardDepth(0, 1, 0, 0), await silo.Shard.DepthAsync());
        Assert.Equal(50, jobs.Select(job => job.Id).Distinct().Count());
    }

    [Theory]
    [InlineData(UniqueMode.Debounce, null, null, false, "unique.wait")]
    [InlineData(UniqueMode.Debounce, 10, 5, false, "unique.max")]
    [InlineData(UniqueMode.Debounce, 10, null, true, "unique.wait")]
    [InlineData(UniqueMode.Latest, 10, null, false, "unique.wait")]
    [InlineData((UniqueMode)9, null, null, false, "unique.mode")]
    public void What_makes_no_sense_is_refused(UniqueMode mode, int? wait, int? max, bool isDelayed, string field)
    {
        var options = new JobOptions
        {
            Delay = isDelayed ? Second : null,
            Unique = new UniqueSpec(Mode: mode, Wait: wait is { } w ? w * Second : null, Max: max is { } m ? m * Second : null),
        };
        Assert.Equal(field, JobRules.Check(options)!.Field);
    }

    private static Task<JobSubmitted> SubmitAsync(JobSilo silo, string input, UniqueSpec unique, string function = "echo") =>
        silo.Shard.SubmitAsync(JobWorld.Spec(function, input, new JobOptions { Unique = unique }));

    private async Task<(JobState, string?)> StateAsync(JobId id)
    {
        var job = (await world.Store.FindAsync(id, CancellationToken.None))!;
        return (job.State, job.ErrorType);
    }

    /// <summary>What can be done again once the shard has an owner again.</summary>
    private static async Task<T> LaterAsync<T>(Func<Task<T>> work)
    {
        T? result = default;
        await JobWorld.EventuallyAsync(
            async () =>
            {
                try
                {
                    result = await work();
                    return true;
                }
                catch (Exception e) when (e is StoreUnavailableException or Orleans.Runtime.OrleansException)
                {
                    return false;
                }
            },
            "the shard has an owner");
        return result!;
    }
}
