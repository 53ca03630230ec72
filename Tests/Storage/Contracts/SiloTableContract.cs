using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>What <see cref="ISiloTable"/> promises, whoever keeps it. Time passes at a word, so that nothing here waits.</summary>
public abstract class SiloTableContract : IDisposable
{
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(6);

    protected abstract ISiloTable Table { get; }

    /// <summary>Lets time pass for the whole table.</summary>
    protected abstract void Pass(TimeSpan time);

    /// <summary>Statuses of all rows, those of silos that ended as well.</summary>
    protected abstract IReadOnlyList<(string Id, SiloRowStatus Status)> All { get; }

    public void Dispose()
    {
        Table.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void What_was_registered_is_read()
    {
        var silo = Silo("a.1", "a") with { Pools = ["default", "gpu"], Roles = 2, Host = "10.0.0.5", Port = 7000, Certificate = new byte[] { 1, 2, 3 }, Version = "1.2.3" };
        Assert.Null(Table.Register(silo));
        var read = Table.Renew("a.1", new SiloBeat(3, 4, "http://a:80"))!;
        var row = Assert.Single(read.Silos);
        Assert.Equal(["default", "gpu"], row.Silo.Pools);
        Assert.Equal(silo.Certificate.ToArray(), row.Silo.Certificate.ToArray());
        Assert.Equal(silo with { Pools = row.Silo.Pools, Certificate = row.Silo.Certificate }, row.Silo);
        Assert.Equal((new SiloBeat(3, 4, "http://a:80"), false, 0), (row.Beat, row.IsDraining, row.RefusedBy.Count));
        Assert.InRange(row.RenewedAt, row.StartedAt, read.Now);
    }

    [Fact]
    public void A_name_of_a_living_silo_is_refused_and_free_when_it_has_left()
    {
        Add("a.1", "a");
        var holder = Table.Register(Silo("a.2", "a"));
        Assert.Equal("a.1", holder!.Id);
        Assert.InRange(holder.Age, TimeSpan.Zero, SiloLease.Length);
        Assert.Equal(["a.1"], Living());
        Table.Leave("a.1");
        Assert.Null(Table.Register(Silo("a.2", "a")));
        Assert.Equal(["a.2"], Living());
    }

    [Fact]
    public void Registering_again_with_the_same_id_changes_nothing()
    {
        Add("a.1", "a");
        var before = Table.Read().Version;
        Assert.Null(Table.Register(Silo("a.1", "a")));
        Assert.Equal(before, Table.Read().Version);
    }

    [Fact]
    public void A_former_start_is_superseded_only_when_it_has_not_renewed_for_a_while()
    {
        Add("a.1", "a");
        Assert.Equal("a.1", Table.Register(Silo("a.2", "a"), superseded: "a.1")!.Id);
        Pass(Early);
        Assert.Equal("a.1", Table.Register(Silo("a.2", "a"))!.Id);
        Assert.Null(Table.Register(Silo("a.2", "a"), superseded: "a.1"));
        Assert.Equal(["a.2"], Living());
        Assert.Null(Table.Renew("a.1", default));
    }

    [Fact]
    public void A_silo_of_another_name_is_never_superseded()
    {
        Add("b.1", "b");
        Pass(Early);
        Assert.Null(Table.Register(Silo("a.1", "a"), superseded: "nobody"));
        Assert.Equal(["a.1", "b.1"], Living());
    }

    [Fact]
    public void Every_change_raises_the_version_and_renewals_do_not()
    {
        var versions = new List<long> { Table.Read().Version };
        void Next(Action change)
        {
            change();
            var read = Table.Read().Version;
            Assert.True(read > versions[^1], $"{read} after {versions[^1]}");
            versions.Add(read);
        }

        Next(() => Add("a.1", "a"));
        Next(() => Add("b.1", "b"));
        Next(() => Assert.True(Table.Drain("a.1")));
        Next(() => Table.Leave("a.1"));
        Table.Renew("b.1", new SiloBeat(9, 9, "http://x"));
        Table.Refuse("b.1", "b.1");
        Assert.Equal(versions[^1], Table.Read().Version);
    }

    [Fact]
    public void Draining_is_idempotent_and_only_for_the_living()
    {
        Add("a.1", "a");
        Assert.True(Table.Drain("a.1"));
        var version = Table.Read().Version;
        Assert.True(Table.Drain("a.1"));
        Assert.Equal(version, Table.Read().Version);
        Assert.True(Assert.Single(Table.Read().Silos).IsDraining);
        Table.Leave("a.1");
        Assert.False(Table.Drain("a.1"));
        Assert.False(Table.Drain("nobody"));
    }

    [Fact]
    public void Who_has_ended_never_comes_back()
    {
        Add("a.1", "a");
        Table.Leave("a.1");
        Assert.Null(Table.Renew("a.1", default));
        Assert.Null(Table.Register(Silo("a.1", "a")));
        Assert.Empty(Living());
        Assert.Equal(("a.1", SiloRowStatus.Left), Assert.Single(All));
    }

    [Fact]
    public void A_lease_that_ran_out_is_death_when_a_steady_silo_says_so()
    {
        Steady("a.1");
        Add("b.1", "b");
        Assert.False(Table.DeclareDead("b.1", "a.1"));
        PassSteadily(TimeSpan.FromSeconds(3), "a.1");
        Assert.False(Table.DeclareDead("b.1", "a.1"));
        PassSteadily(TimeSpan.FromSeconds(3), "a.1");
        Assert.True(Table.DeclareDead("b.1", "a.1"));
        Assert.False(Table.DeclareDead("b.1", "a.1"));
        Assert.Equal(["a.1"], Living());
        Assert.Null(Table.Renew("b.1", default));
        Assert.Equal(["a.1"], Living());
    }

    [Fact]
    public void Who_has_a_gap_in_its_renewals_declares_nobody_dead()
    {
        Steady("a.1");
        Add("b.1", "b");
        Pass(Late); // the table was away, for both
        Assert.False(Table.DeclareDead("b.1", "a.1"));
        Renew("a.1");
        Assert.False(Table.DeclareDead("b.1", "a.1"));
        PassSteadily(SiloLease.Length + TimeSpan.FromSeconds(1), "a.1");
        Assert.True(Table.DeclareDead("b.1", "a.1"));
    }

    [Fact]
    public void Who_is_new_dead_or_itself_declares_nobody_dead()
    {
        Steady("a.1");
        Add("b.1", "b");
        PassSteadily(Late, "a.1");
        Add("new.1", "new");
        Table.Leave("a.1");
        Assert.False(Table.DeclareDead("b.1", "new.1"));
        Assert.False(Table.DeclareDead("b.1", "a.1"));
        Assert.False(Table.DeclareDead("b.1", "b.1"));
        Assert.False(Table.DeclareDead("b.1", "nobody"));
        Assert.Equal(["b.1", "new.1"], Living());
    }

    [Fact]
    public void Two_who_were_refused_are_enough_for_an_early_death_and_one_of_two_is_not()
    {
        Steady("a.1");
        Add("b.1", "b");
        Add("c.1", "c");
        PassSteadily(Early, "a.1", "c.1");
        Table.Refuse("b.1", "a.1");
        Table.Refuse("b.1", "a.1");
        Assert.False(Table.DeclareDead("b.1", "a.1"));
        Table.Refuse("b.1", "c.1");
        Assert.True(Table.DeclareDead("b.1", "a.1"));
    }

    [Fact]
    public void The_only_other_is_enough_but_not_within_a_moment_of_a_renewal()
    {
        Steady("a.1");
        Add("b.1", "b");
        Table.Refuse("b.1", "a.1");
        Assert.False(Table.DeclareDead("b.1", "a.1"));
        PassSteadily(Early, "a.1");
        Assert.True(Table.DeclareDead("b.1", "a.1"));
    }

    [Fact]
    public void A_renewal_makes_refusals_void()
    {
        Steady("a.1");
        Add("b.1", "b");
        Table.Refuse("b.1", "a.1");
        Renew("b.1");
        PassSteadily(Early, "a.1");
        Assert.False(Table.DeclareDead("b.1", "a.1"));
        Assert.Empty(Table.Read().Silos.Single(silo => silo.Id == "b.1").RefusedBy);
    }

    [Fact]
    public void Refusals_of_the_dead_and_of_itself_do_not_count()
    {
        Steady("a.1");
        Add("b.1", "b");
        Add("c.1", "c");
        Add("d.1", "d");
        Table.Refuse("b.1", "b.1");
        Table.Refuse("b.1", "nobody");
        Table.Refuse("b.1", "c.1");
        Table.Leave("c.1");
        Table.Refuse("b.1", "c.1");
        Table.Refuse("b.1", "a.1");
        PassSteadily(Early, "a.1", "d.1");
        Assert.False(Table.DeclareDead("b.1", "a.1"));
    }

    [Fact]
    public void Rows_of_the_ended_are_kept_for_a_day()
    {
        Add("a.1", "a");
        Table.Leave("a.1");
        Pass(TimeSpan.FromHours(23));
        Add("b.1", "b");
        Assert.Contains(("a.1", SiloRowStatus.Left), All);
        Pass(TimeSpan.FromHours(2));
        Add("c.1", "c");
        Assert.DoesNotContain(All, row => row.Id == "a.1");
        Assert.Equal(["b.1", "c.1"], Living());
    }

    [Fact]
    public void The_table_judges_as_the_written_rule_does()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var round = 0; round < 40; round++)
        {
            string[] silos = [.. Enumerable.Range(0, random.Next(2, 5)).Select(i => FormattableString.Invariant($"s{round}-{i}.1"))];
            foreach (var silo in silos)
                Add(silo, silo[..^2]);
            for (var step = 0; step < 8; step++)
            {
                foreach (var silo in silos.Where(_ => random.Next(3) > 0))
                    Renew(silo);
                foreach (var by in silos.Where(_ => random.Next(3) == 0))
                    Table.Refuse(silos[random.Next(silos.Length)], by);
                Pass(TimeSpan.FromMilliseconds(random.Next(2) == 0 ? 1_100 : 600));
                var (suspect, judge) = (silos[random.Next(silos.Length)], silos[random.Next(silos.Length)]);
                var read = Table.Read();
                if (IsNearABound(read))
                    continue;
                var isDead = suspect != judge && read.Silos.SingleOrDefault(s => s.Id == suspect) is { } row
                    && read.Silos.SingleOrDefault(s => s.Id == judge) is { } by2
                    && SiloLease.IsDead(row, read) && SiloLease.MayDeclare(by2, read.Now);
                Assert.True(isDead == Table.DeclareDead(suspect, judge), FormattableString.Invariant($"seed {seed}, round {round}, step {step}"));
            }

            foreach (var silo in silos)
                Table.Leave(silo);
        }
    }

    /// <summary>Time passes between reading and judging where the clock is a real one.</summary>
    private static bool IsNearABound(SiloTableRead read) => read.Silos.Any(silo =>
        new[] { SiloLease.EarlyDeathAfter, SiloLease.Length, SiloLease.GapMax }.Any(bound => IsNear(read.Now - silo.RenewedAt, bound))
        || IsNear(read.Now - silo.SteadySince, SiloLease.Length));

    private static bool IsNear(TimeSpan age, TimeSpan bound) => age <= bound && bound - age < TimeSpan.FromMilliseconds(250);

    protected static SiloRegistration Silo(string id, string name) => new(id, name, ["default"], 3, "127.0.0.1", 1, new byte[] { 7 }, "0.1.0");

    private void Add(string id, string name) => Assert.Null(Table.Register(Silo(id, name)));

    private void Renew(string id) => Table.Renew(id, default);

    /// <summary>A silo that may declare others dead.</summary>
    private void Steady(string id)
    {
        Add(id, id[..^2]);
        PassSteadily(SiloLease.Length + TimeSpan.FromSeconds(1), id);
    }

    private void PassSteadily(TimeSpan time, params string[] renewing)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += SiloLease.RenewEvery)
        {
            Pass(SiloLease.RenewEvery);
            foreach (var id in renewing)
                Assert.NotNull(Table.Renew(id, default));
        }
    }

    private IEnumerable<string> Living() => Table.Read().Silos.Select(silo => silo.Id);
}
