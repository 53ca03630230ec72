using System.Globalization;

namespace Hearth.Tests.Engine.Embedded.Membership;

/// <summary>Random interleavings of pauses, cuts, outages and refusals. HEARTH_SEED runs one seed.</summary>
public sealed class RandomMembershipTests
{
    private const int Seeds = 300;

    /// <summary>Longest between two looks at a silo, so that one that renews has done so at least that lately.</summary>
    private static readonly TimeSpan Renewing = TimeSpan.FromSeconds(1.2);

    [Fact]
    public void No_silo_that_renews_is_declared_dead_and_one_that_stopped_is_dead_for_all()
    {
        var asked = Environment.GetEnvironmentVariable("HEARTH_SEED");
        var first = asked is null ? Random.Shared.Next() : int.Parse(asked, CultureInfo.InvariantCulture);
        for (var i = 0; i < (asked is null ? Seeds : 1); i++)
        {
            try
            {
                new Run(first + i).Go();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(FormattableString.Invariant($"HEARTH_SEED={first + i}: {e.Message}"), e);
            }
        }
    }

    private sealed class Run(int seed)
    {
        private readonly Random random = new(seed);
        private readonly SimulatedSilos world = new(seed);
        private readonly Dictionary<string, (DateTimeOffset Renewed, long Version)> last = new(StringComparer.Ordinal);

        /// <summary>
        /// Silos to which nothing is done but one thing: outages of the table, which are everybody's, or refusals. Both together look like
        /// death: who lives does not refuse, and what it missed by an outage cannot be told from what it missed by itself.
        /// </summary>
        private readonly HashSet<SimulatedSilo> untouched = [];
        private readonly bool hasOutages = seed % 2 == 0;
        private DateTimeOffset outageEnds;
        private DateTimeOffset outageMayBegin;

        public void Go()
        {
            using (world)
            {
                for (var i = 0; i < random.Next(2, 6); i++)
                    world.Add(FormattableString.Invariant($"s{i}"));
                untouched.UnionWith(world.Silos.Where(_ => random.Next(2) == 0));
                for (var step = 0; step < 400; step++)
                {
                    Disturb();
                    Pass();
                }

                StopSome();
            }
        }

        private void Disturb()
        {
            var (silo, other) = (world.Silos[random.Next(world.Silos.Count)], world.Silos[random.Next(world.Silos.Count)]);
            switch (random.Next(12))
            {
                case 0 when !untouched.Contains(silo):
                    silo.IsPaused = !silo.IsPaused;
                    break;
                case 1 when !untouched.Contains(silo):
                    silo.IsCutOff = !silo.IsCutOff;
                    break;
                case 2 when hasOutages && world.Clock.GetUtcNow() > outageMayBegin:
                    world.Table.IsAway = true;
                    outageEnds = world.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(random.Next(100, random.Next(2) == 0 ? 3_000 : 20_000));
                    // Every silo gets through once between two outages.
                    outageMayBegin = outageEnds + TimeSpan.FromSeconds(2);
                    break;
                case < 7 when !silo.IsPaused && silo != other && !(hasOutages && untouched.Contains(other)):
                    silo.Locator.Refused(other.Id);
                    break;
            }
        }

        private void Pass()
        {
            world.Pass(TimeSpan.FromMilliseconds(100));
            if (world.Table.IsAway && world.Clock.GetUtcNow() >= outageEnds)
                world.Table.IsAway = false;
            if (!world.Table.IsAway)
                Check();
        }

        private void Check()
        {
            var read = world.Table.Read();
            foreach (var silo in world.Silos)
            {
                var row = read.Silos.SingleOrDefault(s => s.Id == silo.Id);
                if (row is null)
                {
                    Assert.DoesNotContain(silo, untouched);
                    var age = read.Now - last[silo.Id].Renewed;
                    Assert.True(age > Renewing, $"{silo.Id} was declared dead {age.TotalSeconds} s after its renewal.");
                    continue;
                }

                Assert.True(silo.Agent.Current.Version >= last.GetValueOrDefault(silo.Id).Version);
                last[silo.Id] = (row.RenewedAt, silo.Agent.Current.Version);
            }

            Assert.All(world.Silos.Where(silo => silo.DeathsTold.Count > 0), silo => Assert.DoesNotContain(read.Silos, row => row.Id == silo.Id));
        }

        /// <summary>After a calm in which somebody gets steady, some stop for good.</summary>
        private void StopSome()
        {
            world.Table.IsAway = false;
            foreach (var silo in world.Silos)
                (silo.IsPaused, silo.IsCutOff) = (false, false);
            world.Pass(8);
            var living = world.Silos.Where(silo => !silo.Agent.IsOver).ToList();
            if (living.Count < 2)
                return;
            var stopped = living.OrderBy(_ => random.Next()).Take(random.Next(1, living.Count)).ToList();
            stopped.ForEach(silo => silo.IsPaused = true);
            world.Pass(8);
            var left = living.Except(stopped).Select(silo => silo.Registration.Name).Order(StringComparer.Ordinal).ToList();
            Assert.All(living.Except(stopped), silo => Assert.Equal(left, silo.Sees));
        }
    }
}
