using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Tests.Support.Cluster;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>Limits of a queue of several shards: their pump, their owners, their store.</summary>
public sealed class SharedShardsTests : JobWorldTests
{
    private const int Shards = 3;

    public SharedShardsTests() => world.Concurrency = 16;
    private readonly List<long> starts = [];
    private readonly HashSet<JobId> leased = [];
    private JobSilo silo = null!;
    private QueueGeneration generation = null!;

    [Fact]
    public async Task No_more_run_at_once_than_the_queue_allows_and_the_next_starts_when_one_ends_wherever()
    {
        await DefineAsync(new QueueLimits { Concurrency = 4 });
        var jobs = new List<JobId>();
        for (var i = 0; i < 12; i++)
            jobs.Add(await SubmitAsync(i, "hold", $"g{i}"));
        var ended = new HashSet<JobId>();
        while (ended.Count < jobs.Count)
        {
            await JobWorld.EventuallyAsync(() => world.Runs.Count == Math.Min(12, ended.Count + 4), $"{ended.Count + 4} have started");
            await JobWorld.PauseAsync();
            Assert.Equal(Math.Min(12, ended.Count + 4), world.Runs.Count);
            var next = world.Runs.First(run => !ended.Contains(run.Id));
            world.Gate(next.Input).SetResult();
            await world.EndAsync(next.Id);
            ended.Add(next.Id);
        }
    }

    [Fact]
    public async Task Starts_of_all_shards_keep_to_the_rate_and_all_start()
    {
        var limit = new RateLimit(5, TimeSpan.FromSeconds(2));
        await DefineAsync(new QueueLimits { Rates = [limit] });
        for (var i = 0; i < 24; i++)
            await SubmitAsync(i, "outside");
        await LeaseAsync(24);
        RateTests.AssertWithin(limit, starts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_shard_that_gets_another_owner_loses_no_count_and_stalls_nobody(int lost)
    {
        RateLimit[] rates = [new RateLimit(4, TimeSpan.FromSeconds(3)), new RateLimit(40, TimeSpan.FromMinutes(1))];
        await DefineAsync(new QueueLimits { Rates = rates, Concurrency = 3 });
        for (var i = 0; i < 30; i++)
            await SubmitAsync(i, "outside");
        await LeaseAsync(9);
        await world.Store.ClaimAsync(Key(lost), "somebody else", isPlanned: false, CancellationToken.None);
        // Whoever writes next finds out.
        await Record.ExceptionAsync(() => SubmitAsync(lost, "echo"));
        await LeaseAsync(30);
        foreach (var rate in rates)
            RateTests.AssertWithin(rate, starts);
    }

    [Fact]
    public async Task A_new_keeper_starts_nothing_before_it_knows_what_runs_in_all_shards()
    {
        await DefineAsync(new QueueLimits { Concurrency = 2 });
        var running = new[] { await SubmitAsync(1, "hold", "a"), await SubmitAsync(2, "hold", "b") };
        foreach (var id in running)
            await world.RunsAsync(id);
        await world.Store.ClaimAsync(Key(0), "somebody else", isPlanned: false, CancellationToken.None);
        await Record.ExceptionAsync(() => SubmitAsync(0, "echo"));
        await JobWorld.EventuallyAsync(async () => await Record.ExceptionAsync(() => SubmitAsync(0, "echo")) is null, "the keeper is there again");
        for (var i = 0; i < 20; i++)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        Assert.Equal(2, world.Runs.Count);
        world.Gate("a").SetResult();
        await AllStartAsync(3);
        world.OpenAll();
    }

    [Fact]
    public async Task A_silo_runs_no_more_than_its_share_of_all_shards_together()
    {
        await DefineAsync(new QueueLimits { ConcurrencyPerSilo = 2 });
        // No shard moves there.
        silo.View.Set(TestView.SiloOf(silo.View.Self), TestView.SiloOf("other", "elsewhere"));
        for (var i = 0; i < 30; i++)
            await SubmitAsync(i, "outside");
        var held = new Dictionary<string, int>(StringComparer.Ordinal) { [silo.View.Self] = 0, ["other"] = 0 };
        for (var call = 0; call < 300; call++)
        {
            var pump = call % 2 == 0 ? silo.NextCall() : new PumpCall("other", call);
            held[pump.Silo] += (await silo.Grains.GetGrain<IShardGrain>(Key(call % Shards)).LeaseAsync("outside", 5, pump)).Length;
            Assert.InRange(held[pump.Silo], 0, 2);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            world.Clock.Advance(TimeSpan.FromMilliseconds(20));
        }

        Assert.All(held, each => Assert.Equal(2, each.Value));
    }

    [Fact]
    public async Task Few_jobs_do_not_wait_for_a_full_silo_while_another_is_idle()
    {
        await DefineAsync(new QueueLimits { ConcurrencyPerSilo = 2 });
        silo.View.Set(TestView.SiloOf(silo.View.Self), TestView.SiloOf("other", "elsewhere"));
        for (var i = 0; i < 4; i++)
            await SubmitAsync(1, "outside");
        await HoldAsync(() => silo.NextCall());
        var call = 0;
        await HoldAsync(() => new PumpCall("other", ++call));

        async Task HoldAsync(Func<PumpCall> pump)
        {
            var held = 0;
            await JobWorld.EventuallyAsync(
                async () => (held += (await silo.Grains.GetGrain<IShardGrain>(Key(1)).LeaseAsync("outside", 9, pump())).Length) == 2, "a silo has its two");
        }
    }

    [Fact]
    public async Task A_pump_gets_what_it_comes_for_with_the_same_call()
    {
        await DefineAsync(new QueueLimits { Concurrency = 4 });
        await SubmitAsync(1, "outside");
        await LeaseAsync(1);
        for (var i = 2; i < 10; i++)
        {
            await SubmitAsync(1, "outside");
            // Whatever was granted before is over.
            world.Clock.Advance(TimeSpan.FromMilliseconds(1_100));
            await LeaseFromAsync(silo.Grains.GetGrain<IShardGrain>(Key(1)));
            Assert.Equal(i, leased.Count);
        }
    }

    [Fact]
    public async Task A_start_whose_only_job_was_cancelled_goes_back_when_a_pump_finds_none()
    {
        await DefineAsync(new QueueLimits { Concurrency = 1 });
        await SubmitAsync(1, "outside");
        await LeaseAsync(1);
        var cancelled = await SubmitAsync(1, "outside");
        var shard = silo.Grains.GetGrain<IShardGrain>(Key(1));
        // Somebody looks whether there is one, and it is granted a start.
        await shard.ReadyOutsideAsync(["outside"], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        await shard.CancelAsync(cancelled);
        await SubmitAsync(2, "outside");
        // Who asks for more than there is makes the shard tell anyway.
        Assert.Empty(await shard.LeaseAsync("outside", 1, silo.NextCall()));
        // The clock stands still, so that no grant is over.
        await JobWorld.EventuallyAsync(
            async () => (await silo.Grains.GetGrain<IShardGrain>(Key(2)).LeaseAsync("outside", 5, silo.NextCall())).Length == 1, "the other shard has the start");
    }

    [Fact]
    public async Task Who_does_not_know_yet_that_keys_stand_in_inputs_is_told_to_look_again()
    {
        await DefineAsync(new QueueLimits { Key = "$.name" });
        var shard = silo.Grains.GetGrain<IShardGrain>(Key(1));
        var job = JobSpec.Of("outside", new { Name = "a" });
        Assert.Equal(SubmitOutcome.Moved, (await shard.SubmitAsync(job)).Outcome);
        Assert.Equal(SubmitOutcome.Moved, (await shard.SubmitManyAsync([JobSpec.Of("outside", 1), job])).Outcome);
        Assert.Equal(SubmitOutcome.Accepted, (await shard.SubmitAsync(job with { Options = new JobOptions { Key = "a" } })).Outcome);
        Assert.Equal(SubmitOutcome.Accepted, (await shard.SubmitAsync(JobSpec.Of("outside", new { Other = "a" }))).Outcome);
    }

    [Fact]
    public async Task A_change_of_the_limits_counts_for_all_shards()
    {
        await DefineAsync(new QueueLimits { Concurrency = 1 });
        for (var i = 0; i < 9; i++)
            await SubmitAsync(i, "hold", "g");
        await JobWorld.EventuallyAsync(() => world.Runs.Count == 1, "one runs");
        await DefineAsync(new QueueLimits { Concurrency = 5 });
        await AllStartAsync(5);
        await JobWorld.PauseAsync();
        Assert.Equal(5, world.Runs.Count);
        await DefineAsync(null);
        await AllStartAsync(9);
        world.OpenAll();
    }

    private string Key(int shard) => generation.KeyOf(JobSilo.Queue, shard);

    private async Task DefineAsync(QueueLimits? limits)
    {
        silo ??= await world.StartAsync();
        await silo.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).PutAsync(new QueueDefinition { Shards = Shards, Limits = limits }, QueueCondition.None);
        generation = silo.Catalogue.GenerationsOf(JobSilo.Queue)[^1];
        Assert.Equal(Shards, generation.Count);
    }

    private async Task<JobId> SubmitAsync(int shard, string function, string input = "") =>
        (await silo.Grains.GetGrain<IShardGrain>(Key(shard % Shards)).SubmitAsync(JobWorld.Spec(function, input))).Id;

    /// <summary>Takes jobs as a pump would, until so many have started; the clock stands still while a call is under way.</summary>
    private async Task LeaseAsync(int count)
    {
        for (var since = TimeProvider.System.GetTimestamp(); leased.Count < count;)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(90), $"Only {leased.Count} have started.");
            for (var n = 0; n < Shards; n++)
                await Record.ExceptionAsync(() => LeaseFromAsync(silo.Grains.GetGrain<IShardGrain>(Key(n))));
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            world.Clock.Advance(TimeSpan.FromMilliseconds(20));
        }
    }

    private async Task LeaseFromAsync(IShardGrain shard)
    {
        var leases = await shard.LeaseAsync("outside", 8, silo.NextCall());
        starts.AddRange(leases.Select(_ => world.Clock.GetUtcNow().UtcTicks));
        leased.UnionWith(leases.Select(lease => lease.Id));
        await shard.CompleteAsync(
            [.. leases.Select(lease => new JobResult(lease.Id, lease.Attempt, AttemptOutcome.Succeeded, world.Clock.GetUtcNow(), world.Clock.GetUtcNow()))]);
    }

    /// <summary>While time goes by.</summary>
    private Task AllStartAsync(int count) => JobWorld.EventuallyAsync(
        () =>
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(20));
            return world.Runs.Count >= count;
        },
        $"{count} start");
}
