using Hearth.Cluster;

namespace Hearth.Tests.Cluster;

/// <summary>All agree, few keys move, and everybody gets a fair share.</summary>
public sealed class RendezvousTests
{
    private static readonly string[] Keys = [.. Enumerable.Range(0, 10_000).Select(i => FormattableString.Invariant($"default/queue-{i}/0"))];

    [Fact]
    public void The_order_in_which_silos_are_known_does_not_matter()
    {
        var random = new Random(1);
        var silos = Silos(5);
        foreach (var key in Keys)
            Assert.Equal(Rendezvous.Pick(key, silos), Rendezvous.Pick(key, silos.OrderBy(_ => random.Next())));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void When_a_silo_comes_only_the_keys_that_it_gets_move(int count)
    {
        var (before, after) = (Silos(count), Silos(count + 1));
        var moved = 0;
        foreach (var key in Keys)
        {
            var (was, now) = (Rendezvous.Pick(key, before), Rendezvous.Pick(key, after));
            if (was == now)
                continue;
            Assert.Equal(after[^1], now);
            moved++;
        }

        Assert.InRange(moved, Keys.Length * 0.8 / (count + 1), Keys.Length * 1.2 / (count + 1));
    }

    [Fact]
    public void When_a_silo_goes_only_its_keys_move()
    {
        var before = Silos(5);
        foreach (var key in Keys)
        {
            if (Rendezvous.Pick(key, before) is { } was && was != before[2])
                Assert.Equal(was, Rendezvous.Pick(key, before.Where(silo => silo != before[2])));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Keys_spread_evenly(int count)
    {
        var silos = Silos(count);
        Assert.All(
            Keys.GroupBy(key => Rendezvous.Pick(key, silos)),
            share => Assert.InRange(share.Count(), Keys.Length * 0.9 / count, Keys.Length * 1.1 / count));
        Assert.Equal(count, Keys.Select(key => Rendezvous.Pick(key, silos)).Distinct().Count());
    }

    [Fact]
    public void Long_keys_that_differ_at_their_end_spread_too()
    {
        var silos = Silos(2);
        var share = Enumerable.Range(0, 1_000).Count(i => Rendezvous.Pick(new string('é', 1_000) + FormattableString.Invariant($"{i}"), silos) == silos[0]);
        Assert.InRange(share, 400, 600);
    }

    [Fact]
    public void Nobody_is_picked_among_none() => Assert.Null(Rendezvous.Pick("default/x/0", []));

    private static string[] Silos(int count) => [.. Enumerable.Range(0, count).Select(i => FormattableString.Invariant($"silo-{i}.{i * 7919:x12}"))];
}
