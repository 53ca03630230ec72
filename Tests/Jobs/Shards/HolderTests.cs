using Hearth.Jobs;
using Hearth.Tests.Support.Cluster;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>Jobs that a pump of another silo has: what a shard does when that silo goes, or never got them.</summary>
public sealed class HolderTests : IAsyncLifetime
{
    private readonly JobWorld world = new() { Concurrency = 1 };
    private JobSilo silo = null!;
    private long calls;

    public async Task InitializeAsync()
    {
        silo = await world.StartAsync();
        silo.View.Set(TestView.SiloOf(silo.View.Self), Other("other"));
    }

    public async Task DisposeAsync() => await world.DisposeAsync();

    [Fact]
    public async Task Jobs_of_a_silo_that_has_gone_run_again_and_no_others()
    {
        await FillAsync();
        var (gone, stays) = (await silo.SubmitAsync("hold", "a"), await silo.SubmitAsync("hold", "b"));
        silo.View.Set(TestView.SiloOf(silo.View.Self), Other("other"), Other("third"));
        Assert.Equal(gone, (await LeaseAsync("other")).Single().Id);
        Assert.Equal(stays, (await LeaseAsync("third")).Single().Id);

        silo.View.Set(TestView.SiloOf(silo.View.Self), Other("third"));
        world.OpenAll();
        var end = await world.EndAsync(gone);
        Assert.Equal((JobState.Succeeded, 2), (end.State, end.Attempt));
        Assert.Single(world.RunsOf(gone));
        Assert.Empty(world.RunsOf(stays));
        // The start after a loss is on record before it happens.
        Assert.Equal([(2, AttemptKindOf.Started)], (await world.AttemptsAsync(gone)).Select(row => (row.Attempt, (AttemptKindOf)row.Kind)));
        await world.StateAsync(silo, stays, JobState.Running);
    }

    [Fact]
    public async Task A_job_whose_silo_goes_again_and_again_ends_as_crashed()
    {
        await FillAsync();
        var id = await silo.SubmitAsync("hold", "a");
        for (var loss = 0; loss <= JobLimits.CrashesMax; loss++)
        {
            var name = $"other{loss}";
            silo.View.Set(TestView.SiloOf(silo.View.Self), Other(name));
            if (loss == 0)
                Assert.Equal(id, (await LeaseAsync(name)).Single().Id);
            else
                await JobWorld.EventuallyAsync(async () => loss == 1
                    ? (await LeaseAsync(name)).Length == 1
                    : await silo.Shard.LeaseSuspectAsync(["hold"], Call(name)) is not null, $"it is leased for the {loss + 1}. time");
        }

        silo.View.Set(TestView.SiloOf(silo.View.Self));
        var end = await world.EndAsync(id);
        Assert.Equal((JobState.Failed, "crashed"), (end.State, end.ErrorType));
    }

    [Fact]
    public async Task What_a_pump_never_got_is_given_to_others()
    {
        await FillAsync();
        var ids = new[] { await silo.SubmitAsync("hold", "a"), await silo.SubmitAsync("hold", "b") };
        var call = Call("other");
        Assert.Equal(2, (await silo.Shard.LeaseAsync("hold", 2, call)).Length);

        await silo.Shard.DisownAsync("hold", call, [new HeldAttempt(ids[1], 1)]);
        world.OpenAll();
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(ids[0])).State);
        await world.StateAsync(silo, ids[1], JobState.Running);
        Assert.Empty(world.RunsOf(ids[1]));
    }

    [Fact]
    public async Task What_a_pump_never_got_is_given_to_others_although_it_holds_an_older_attempt_of_it()
    {
        await FillAsync();
        var id = await silo.SubmitAsync("hold", "a");
        Assert.Single(await LeaseAsync("other"));
        // The acknowledgement is lost, and then the next lease: the pump still has the first.
        await silo.Shard.CompleteAsync([new JobResult(id, 1, AttemptOutcome.Returned, default, default)]);
        var call = Call("other");
        Assert.Equal(2, (await silo.Shard.LeaseAsync("hold", 1, call)).Single().Attempt);

        await silo.Shard.DisownAsync("hold", call, [new HeldAttempt(id, 1)]);
        world.OpenAll();
        Assert.Equal((JobState.Succeeded, 3), (await world.EndAsync(id) is var end ? end.State : default, end.Attempt));
    }

    [Fact]
    public async Task What_is_handed_out_at_once_has_bounds_and_the_rest_is_rung_for_again()
    {
        await FillAsync();
        var large = new string('x', 15 << 20);
        var ids = new List<JobId>();
        for (var i = 0; i < 5; i++)
            ids.Add(await silo.SubmitAsync("hold", large));
        var first = await silo.Shard.LeaseAsync("hold", 256, Call("other"));
        Assert.InRange(first.Sum(lease => (long)lease.Spec.Input.Length), 1, JobLimits.LeaseBytesMax);
        Assert.Equal(ids[..first.Length], first.Select(lease => lease.Id));
        world.OpenAll();
        foreach (var id in ids[first.Length..])
            Assert.Equal(1, (await world.EndAsync(id)).Attempt);
    }

    [Fact]
    public async Task A_call_that_was_given_up_hands_out_nothing()
    {
        await FillAsync();
        await silo.SubmitAsync("hold", "a");
        var (early, late) = (Call("other"), Call("other"));
        await silo.Shard.DisownAsync("hold", late, []);
        Assert.Empty(await silo.Shard.LeaseAsync("hold", 1, early));
        Assert.Empty(await silo.Shard.LeaseAsync("hold", 1, late));
        Assert.Single(await LeaseAsync("other"));
    }

    [Fact]
    public async Task A_silo_that_is_not_in_the_cluster_gets_nothing()
    {
        await FillAsync();
        await silo.SubmitAsync("hold", "a");
        Assert.Empty(await LeaseAsync("stranger"));
        Assert.Single(await LeaseAsync("other"));
    }

    [Fact]
    public async Task A_silo_without_its_lease_starts_nothing_until_it_has_it_again()
    {
        silo.View.MayStartJobs = false;
        var id = await silo.SubmitAsync("echo", "a");
        await JobWorld.PauseAsync();
        Assert.Empty(world.RunsOf(id));
        silo.View.MayStartJobs = true;
        await world.EndAsync(id);
    }

    [Fact]
    public async Task A_shard_whose_place_is_another_silo_hands_out_nothing_and_leaves_clean()
    {
        await FillAsync();
        var id = await silo.SubmitAsync("hold", "a");
        Assert.Single(await LeaseAsync("other"));
        silo.View.Set(TestView.SiloOf(silo.View.Self, "elsewhere"), TestView.SiloOf("other"));
        await JobWorld.EventuallyAsync(async () => (await LeaseAsync("other")).Length == 0, "nothing is handed out");
        Assert.Empty(world.RunsOf(id));
    }

    /// <summary>Not of the shard's pool, so that the shard stays.</summary>
    private static Hearth.Cluster.SiloView Other(string id) => TestView.SiloOf(id, "aside");

    /// <summary>One job takes the silo's only slot, so that its own pump asks for no more.</summary>
    private async Task FillAsync()
    {
        var id = await silo.SubmitAsync("hold", "full");
        await world.RunsAsync(id);
    }

    private Task<JobLease[]> LeaseAsync(string from) => silo.Shard.LeaseAsync("hold", 1, Call(from));

    private PumpCall Call(string from) => new(from, ++calls);

    private enum AttemptKindOf
    {
        Started = 1,
    }
}
