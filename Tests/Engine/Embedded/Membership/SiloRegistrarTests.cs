using Hearth.Engines;
using Hearth.Hosting;
using Hearth.Storage;

namespace Hearth.Tests.Engine.Embedded.Membership;

/// <summary>Names are unique among the living, and a start after a kill does not wait for a lease.</summary>
public sealed class SiloRegistrarTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly SimulatedSilos world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task The_name_of_a_living_silo_is_refused_with_the_remedy()
    {
        world.AddSteady("a");
        var refused = await Assert.ThrowsAsync<StartException>(() => JoinAsync("a", (_, _, _) => Task.FromResult(true), TimeSpan.FromSeconds(10)));
        Assert.Contains("--name", refused.Message, StringComparison.Ordinal);
        Assert.Contains("a.000000000000 on http://a", refused.Message, StringComparison.Ordinal);
        Assert.Empty(world.Silos[0].DeathsTold);
    }

    [Fact]
    public async Task A_start_after_a_kill_takes_the_name_over_within_two_seconds()
    {
        world.AddSteady("a")[0].IsPaused = true;
        var asked = new List<(string, int)>();
        var start = world.Clock.GetUtcNow();
        await JoinAsync("a", (host, port, _) =>
        {
            asked.Add((host, port));
            return Task.FromResult(true);
        }, TimeSpan.FromSeconds(10));
        Assert.InRange(world.Clock.GetUtcNow() - start, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal([("127.0.0.1", 7000)], asked.Distinct());
        Assert.Equal(["a.new"], world.Table.Read().Silos.Select(silo => silo.Id));
    }

    [Fact]
    public async Task Where_somebody_still_listens_the_name_is_free_when_the_lease_has_run_out()
    {
        world.AddSteady("a")[0].IsPaused = true;
        var start = world.Clock.GetUtcNow();
        await JoinAsync("a", (_, _, _) => Task.FromResult(false), TimeSpan.FromSeconds(20));
        Assert.InRange(world.Clock.GetUtcNow() - start, SiloLease.Length - TimeSpan.FromSeconds(1), SiloLease.Length + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_silo_that_an_outage_kept_from_renewing_is_not_taken_for_dead()
    {
        var living = world.AddSteady("a")[0];
        world.Table.IsAway = true;
        world.Pass(30);
        world.Table.IsAway = false;
        await Assert.ThrowsAsync<StartException>(() => JoinAsync("a", (_, _, _) => Task.FromResult(false), TimeSpan.FromSeconds(20)));
        Assert.Empty(living.DeathsTold);
    }

    [Fact]
    public async Task A_start_waits_a_while_for_a_table_that_does_not_answer()
    {
        world.Table.IsAway = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => JoinAsync("a", (_, _, _) => Task.FromResult(false), TimeSpan.FromSeconds(20)));
        var joining = JoinAsync("a", (_, _, _) => Task.FromResult(false), TimeSpan.FromSeconds(20));
        await Task.Delay(TimeSpan.FromMilliseconds(60), TimeProvider.System);
        world.Table.IsAway = false;
        await joining;
        Assert.Equal(["a.new"], world.Table.Read().Silos.Select(silo => silo.Id));
    }

    [Fact]
    public async Task A_port_that_nobody_listens_on_refuses()
    {
        Assert.True(await TcpProbe.IsRefusedAsync("127.0.0.1", 0, CancellationToken.None));
        var port = Hearth.Tests.Support.PostgresServer.FreePort();
        Assert.True(await TcpProbe.IsRefusedAsync("127.0.0.1", port, CancellationToken.None));
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        Assert.False(await TcpProbe.IsRefusedAsync("127.0.0.1", ((System.Net.IPEndPoint)listener.LocalEndpoint).Port, CancellationToken.None));
        Assert.False(await TcpProbe.IsRefusedAsync("no.such.host.invalid", 1, CancellationToken.None));
    }

    private async Task JoinAsync(string name, ConnectionProbe probe, TimeSpan atMost)
    {
        var registration = new SiloRegistration(name + ".new", name, ["default"], 3, "127.0.0.1", 7000, new byte[] { 1 }, "0.1.0");
        var joining = new SiloRegistrar(world.Table, world.Clock, probe).JoinAsync(registration, CancellationToken.None);
        for (var passed = TimeSpan.Zero; passed < atMost && !joining.IsCompleted; passed += Step)
        {
            // It looks at the table on a thread of the pool: time waits for it, and goes on when it waits for time.
            await Task.WhenAny(joining, Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System));
            world.Pass(Step);
        }

        await joining.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
