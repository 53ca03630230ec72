using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Tests.Engine.Embedded.Membership;

/// <summary>Who lives, as several silos see it.</summary>
public sealed class MembershipAgentTests : IDisposable
{
    private readonly SimulatedSilos world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public void All_see_the_same_silos_with_what_they_told()
    {
        var silos = world.AddSteady("a", "b", "c");
        foreach (var silo in silos)
        {
            Assert.Equal(["a", "b", "c"], silo.Sees);
            Assert.Equal(silos[0].Agent.Current.Version, silo.Agent.Current.Version);
            var shown = silo.Agent.Current.Find(silos[1].Id)!;
            Assert.Equal((new SiloLoad(1, 2), "http://b", SiloStatus.Active), (shown.Load, shown.Http, shown.Status));
            Assert.True(silo.Agent.MayStartJobs);
        }
    }

    [Fact]
    public void A_silo_that_is_killed_is_dead_for_all_when_its_lease_has_run_out()
    {
        var silos = world.AddSteady("a", "b", "c");
        silos[0].IsPaused = true;
        world.Pass(4);
        Assert.All(silos[1..], silo => Assert.Equal(["a", "b", "c"], silo.Sees));
        world.Pass(4);
        Assert.All(silos[1..], silo => Assert.Equal(["b", "c"], silo.Sees));
    }

    [Fact]
    public void A_silo_that_refuses_connections_is_dead_within_moments()
    {
        var silos = world.AddSteady("a", "b", "c");
        silos[0].IsPaused = true;
        silos[1].Locator.Refused(silos[0].Id);
        silos[2].Locator.Refused(silos[0].Id);
        world.Pass(2.7);
        Assert.All(silos[1..], silo => Assert.Equal(["b", "c"], silo.Sees));
    }

    [Fact]
    public void One_of_two_who_were_refused_is_not_enough_but_the_only_other_is()
    {
        var silos = world.AddSteady("a", "b", "c");
        silos[0].IsPaused = true;
        silos[1].Locator.Refused(silos[0].Id);
        world.Pass(3);
        Assert.Equal(["a", "b", "c"], silos[1].Sees);
        world.Pass(5);
        silos[1].IsPaused = true;
        silos[2].Locator.Refused(silos[1].Id);
        world.Pass(2.7);
        Assert.Equal(["c"], silos[2].Sees);
    }

    [Fact]
    public void A_living_silo_is_not_harmed_by_whoever_is_refused()
    {
        var silos = world.AddSteady("a", "b", "c");
        for (var i = 0; i < 100; i++)
        {
            silos[1].Locator.Refused(silos[0].Id);
            silos[2].Locator.Refused(silos[0].Id);
            world.Pass(0.2);
        }

        Assert.Equal(["a", "b", "c"], silos[1].Sees);
        Assert.Empty(silos[0].DeathsTold);
    }

    [Theory]
    [InlineData(1.9)]
    [InlineData(3)]
    [InlineData(4.9)]
    [InlineData(6)]
    [InlineData(60)]
    public void An_outage_of_the_table_kills_nobody(double seconds)
    {
        var silos = world.AddSteady("a", "b", "c", "d");
        world.Table.IsAway = true;
        world.Pass(seconds);
        if (seconds is < 4 or > 5)
            Assert.All(silos, silo => Assert.Equal(seconds < 4, silo.Agent.MayStartJobs));
        world.Table.IsAway = false;
        world.Pass(20);
        Assert.All(silos, silo => Assert.Equal(["a", "b", "c", "d"], silo.Sees));
        Assert.All(silos, silo => Assert.True(silo.Agent.MayStartJobs));
    }

    [Fact]
    public void A_silo_that_dies_during_an_outage_is_dead_soon_after_it()
    {
        var silos = world.AddSteady("a", "b", "c");
        world.Table.IsAway = true;
        silos[0].IsPaused = true;
        world.Pass(30);
        world.Table.IsAway = false;
        world.Pass(4);
        Assert.Equal(["a", "b", "c"], silos[1].Sees);
        world.Pass(4);
        Assert.Equal(["b", "c"], silos[1].Sees);
    }

    [Fact]
    public void Who_is_cut_off_from_the_table_starts_no_jobs_and_ends_when_it_comes_back()
    {
        var silos = world.AddSteady("a", "b");
        silos[0].IsCutOff = true;
        world.Pass(4);
        Assert.True(silos[0].Agent.MayStartJobs);
        world.Pass(4);
        Assert.False(silos[0].Agent.MayStartJobs);
        Assert.Equal(["b"], silos[1].Sees);
        Assert.Empty(silos[0].DeathsTold);
        silos[0].IsCutOff = false;
        world.Pass(10);
        Assert.Single(silos[0].DeathsTold);
        Assert.True(silos[0].Agent.IsOver);
        Assert.False(silos[0].Agent.MayStartJobs);
        Assert.Equal(["b"], silos[1].Sees);
    }

    [Fact]
    public void Who_pauses_for_longer_than_its_lease_is_told_at_its_first_beat()
    {
        var silos = world.AddSteady("a", "b");
        silos[0].IsPaused = true;
        world.Pass(8);
        Assert.False(silos[0].Agent.MayStartJobs);
        silos[0].IsPaused = false;
        silos[0].BeatIfDue();
        Assert.Single(silos[0].DeathsTold);
    }

    [Fact]
    public void The_lease_counts_from_when_the_renewal_was_sent()
    {
        var silo = world.AddSteady("a")[0];
        silo.RenewTakes = TimeSpan.FromSeconds(3);
        world.Pass(0.95);
        silo.Agent.Beat();
        silo.IsCutOff = true;
        Assert.True(silo.Agent.MayStartJobs);
        world.Clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.True(silo.Agent.MayStartJobs);
        world.Clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.False(silo.Agent.MayStartJobs);
    }

    [Fact]
    public void The_loss_of_the_lease_is_told_though_nobody_beats()
    {
        var silo = world.AddSteady("a")[0];
        var before = silo.Changes;
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(before + 1, silo.Changes);
        silo.Agent.Beat();
        Assert.Equal(before + 2, silo.Changes);
    }

    [Fact]
    public void Heartbeats_alone_are_no_change()
    {
        var silos = world.AddSteady("a", "b");
        var before = silos[0].Changes;
        world.Pass(20);
        Assert.Equal(before, silos[0].Changes);
        world.Add("c");
        world.Pass(1.1);
        Assert.Equal(before + 1, silos[0].Changes);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Two_that_die_at_once_are_both_dead_for_all(int count)
    {
        var silos = world.AddSteady([.. "abcd"[..count].Select(c => c.ToString())]);
        foreach (var dead in silos[..2])
        {
            dead.IsPaused = true;
            foreach (var living in silos[2..])
                living.Locator.Refused(dead.Id);
        }

        world.Pass(8);
        Assert.All(silos[2..], silo => Assert.Equal(silos[2..].Select(s => s.Registration.Name), silo.Sees));
    }

    [Fact]
    public void Who_leaves_is_gone_at_the_next_beat_and_is_not_told_that_it_is_dead()
    {
        var silos = world.AddSteady("a", "b");
        silos[0].Agent.Leave();
        silos[0].IsPaused = true;
        world.Pass(1.1);
        Assert.Equal(["b"], silos[1].Sees);
        Assert.Empty(silos[0].DeathsTold);
        Assert.False(silos[0].Agent.MayStartJobs);
    }

    [Fact]
    public async Task A_drain_is_seen_by_all_and_stops_jobs_on_that_silo_alone()
    {
        var silos = world.AddSteady("a", "b");
        Assert.False(await silos[0].Agent.DrainAsync("nobody", CancellationToken.None));
        var drained = silos[0].Agent.DrainAsync("b", CancellationToken.None);
        world.Pass(1.1);
        Assert.True(await drained);
        Assert.All(silos, silo => Assert.Equal(SiloStatus.Draining, silo.Agent.Current.Find(silos[1].Id)!.Status));
        Assert.Equal((true, false), (silos[0].Agent.MayStartJobs, silos[1].Agent.MayStartJobs));
        var version = silos[0].Agent.Current.Version;
        var again = silos[0].Agent.DrainAsync(silos[1].Id, CancellationToken.None);
        world.Pass(1.1);
        Assert.True(await again);
        Assert.Equal(version, silos[0].Agent.Current.Version);
    }

    [Fact]
    public async Task A_drain_while_the_table_is_away_is_told_to_have_failed()
    {
        var silo = world.AddSteady("a")[0];
        world.Table.IsAway = true;
        var drained = silo.Agent.DrainAsync("a", CancellationToken.None);
        world.Pass(1.1);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => drained);
    }

    [Fact]
    public async Task Who_asks_for_a_newer_view_gets_it_at_once_and_never_an_exception()
    {
        var silos = world.AddSteady("a", "b");
        world.Add("c");
        var version = world.Table.Read().Version;
        var refreshed = silos[0].Locator.RefreshAsync(version, CancellationToken.None);
        Assert.False(refreshed.IsCompleted);
        silos[0].BeatIfDue();
        await refreshed;
        Assert.Equal(version, silos[0].Locator.Version);
        Assert.True(silos[0].Locator.RefreshAsync(version, CancellationToken.None).IsCompletedSuccessfully);

        world.Table.IsAway = true;
        var failed = silos[0].Locator.RefreshAsync(version + 1, CancellationToken.None);
        silos[0].BeatIfDue();
        await failed;
        await silos[0].Locator.RefreshAsync(version + 1, new CancellationToken(canceled: true));
    }
}
