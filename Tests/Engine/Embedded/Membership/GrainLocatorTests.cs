using Hearth.Cluster;

namespace Hearth.Tests.Engine.Embedded.Membership;

/// <summary>Where grains live, and which silo may still have them.</summary>
public sealed class GrainLocatorTests : IDisposable
{
    private static readonly PoolPlacement ByPool = new();
    private static readonly SiloPlacement BySilo = new();
    private static readonly string[] Keys = [.. Enumerable.Range(0, 500).Select(i => FormattableString.Invariant($"default/queue-{i}/0"))];

    private readonly SimulatedSilos world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public void All_silos_agree_where_a_key_lives_and_all_get_some()
    {
        var silos = world.AddSteady("a", "b", "c");
        foreach (var key in Keys)
            Assert.Single(silos.Select(silo => silo.Locator.Locate(ByPool, key)).Distinct());
        Assert.Equal(silos.Select(s => s.Id), Keys.Select(key => silos[0].Locator.Locate(ByPool, key)!).Distinct().Order());
    }

    [Fact]
    public void A_key_lives_on_an_active_worker_of_its_pool_or_nowhere()
    {
        var silos = new[] { world.Add("a"), world.Add("b", ["gpu"]), world.Add("c", ["gpu"], roles: 1), world.Add("d", [], roles: 1) };
        world.Pass(2);
        Assert.All(silos, silo => Assert.Equal(silos[1].Id, silo.Locator.Locate(ByPool, "gpu/images/0")));
        Assert.All(silos, silo => Assert.Equal(silos[0].Id, silo.Locator.Locate(ByPool, "default/x/0")));
        Assert.Null(silos[0].Locator.Locate(ByPool, "tpu/x/0"));
        // The only one that carries it keeps it while it drains: its shards have to end somewhere, and to take jobs that wait.
        world.Table.Drain(silos[1].Id);
        world.Pass(1.1);
        Assert.Equal(silos[1].Id, silos[0].Locator.Locate(ByPool, "gpu/images/0"));
        silos[1].Agent.Leave();
        silos[1].IsPaused = true;
        world.Pass(1.1);
        Assert.Null(silos[0].Locator.Locate(ByPool, "gpu/images/0"));
    }

    [Fact]
    public void A_key_of_a_silo_lives_there_while_it_lives_and_what_names_no_place_lives_here()
    {
        var silos = world.AddSteady("a", "b");
        Assert.Equal(silos[1].Id, silos[0].Locator.Locate(BySilo, silos[1].Id + "/echo"));
        Assert.Equal(silos[0].Id, silos[0].Locator.Locate(null, "anything"));
        silos[1].Agent.Leave();
        silos[1].IsPaused = true;
        world.Pass(1.1);
        Assert.Null(silos[0].Locator.Locate(BySilo, silos[1].Id + "/echo"));
    }

    [Fact]
    public void Others_are_reached_where_they_said_and_known_by_their_certificate()
    {
        var silos = new[] { world.Add("a", port: 7001), world.Add("b", port: 0) };
        world.Pass(1.1);
        var endpoint = silos[1].Locator.EndpointOf(silos[0].Id)!;
        Assert.Equal(("127.0.0.1", 7001), (endpoint.Host, endpoint.Port));
        Assert.Equal(silos[0].Registration.Certificate.ToArray(), endpoint.CertificateSha256.ToArray());
        Assert.Equal(silos[0].Id, silos[1].Locator.SiloOfCertificate(silos[0].Registration.Certificate.Span));
        Assert.Null(silos[1].Locator.SiloOfCertificate([9, 9]));
        Assert.Null(silos[0].Locator.EndpointOf(silos[1].Id));
        Assert.Null(silos[0].Locator.EndpointOf("nobody"));
    }

    [Fact]
    public void A_silo_that_joined_lately_asks_who_had_its_grains_and_after_a_minute_nobody()
    {
        var silos = world.AddSteady("a", "b");
        world.Pass(60);
        var homes = Keys.ToDictionary(key => key, key => silos[0].Locator.Locate(ByPool, key)!);
        Assert.All(Keys, key => Assert.Empty(silos[0].Locator.FormerHomes(ByPool, key)));
        var c = world.Add("c");
        world.Pass(1.1);
        var moved = Keys.Where(key => c.Locator.Locate(ByPool, key) == c.Id).ToList();
        Assert.NotEmpty(moved);
        Assert.All(moved, key => Assert.Contains(homes[key], c.Locator.FormerHomes(ByPool, key)));
        world.Pass(60);
        Assert.All(moved, key => Assert.Empty(c.Locator.FormerHomes(ByPool, key)));
    }

    [Fact]
    public void Who_gets_grains_of_a_draining_silo_asks_that_one_for_as_long_as_it_drains()
    {
        var silos = world.AddSteady("a", "b", "c");
        world.Pass(60);
        var ofA = Keys.Where(key => silos[0].Locator.Locate(ByPool, key) == silos[0].Id).ToList();
        world.Table.Drain(silos[0].Id);
        world.Pass(120);
        foreach (var key in ofA)
        {
            var home = silos.Single(silo => silo.Id == silos[1].Locator.Locate(ByPool, key));
            Assert.NotSame(silos[0], home);
            Assert.Contains(silos[0].Id, home.Locator.FormerHomes(ByPool, key));
        }

        silos[0].Agent.Leave();
        silos[0].IsPaused = true;
        world.Pass(1.1);
        Assert.All(ofA, key => Assert.Empty(silos[1].Locator.FormerHomes(ByPool, key)));
    }

    [Fact]
    public void What_is_told_of_a_new_view_is_true_in_it()
    {
        var silos = world.AddSteady("a");
        var seen = new List<long>();
        silos[0].Locator.Changed += () => seen.Add(silos[0].Locator.Version);
        world.Add("b");
        world.Pass(1.1);
        Assert.Equal([world.Table.Read().Version], seen);
    }

    [Fact]
    public void More_keys_than_are_remembered_are_found_all_the_same()
    {
        var silos = world.AddSteady("a", "b");
        for (var i = 0; i < 70_000; i++)
        {
            var key = FormattableString.Invariant($"default/{i}/0");
            Assert.Equal(Rendezvous.Pick(key, silos.Select(s => s.Id)), silos[0].Locator.Locate(ByPool, key));
        }

        Assert.Equal(silos[0].Locator.Locate(ByPool, "default/69999/0"), silos[1].Locator.Locate(ByPool, "default/69999/0"));
    }
}
