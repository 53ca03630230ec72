using Hearth.Tests.Support;

namespace Hearth.Tests.Cluster;

/// <summary>A silo that the machine did not let run for a while.</summary>
public sealed class PauseTests
{
    [PostgresFact]
    public async Task A_silo_that_stood_still_goes_on_with_its_jobs_though_nothing_has_changed_in_the_cluster()
    {
        await using var silos = await SiloGroup.NewAsync();
        var (silo, http) = await silos.StartOneAsync("a");
        var jobs = await SiloGroup.SubmitEffectsAsync(http, "few", 100, milliseconds: 50);
        await SiloGroup.EventuallyAsync(() => Task.FromResult(silos.Effects.Count > 3), "some have run");
        // Longer than a silo may stand still before it has to ask, and shorter than its lease.
        await silo.SignalAsync("-STOP");
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        await silo.SignalAsync("-CONT");
        await SiloGroup.AllSucceedAsync(http, jobs);
    }
}
