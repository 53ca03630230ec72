using Hearth.Jobs;

namespace Hearth.Tests.Jobs.Limits;

internal sealed partial class SharedHistory
{
    /// <summary>An owner of a shard.</summary>
    private sealed class Owner
    {
        private readonly SharedHistory world;
        private readonly StartGrants grants = new();
        private readonly List<int> taken = [];
        private object? asking;
        private bool isRung = true;

        public Owner(SharedHistory world, int shard, long epoch)
        {
            (this.world, Shard, Epoch) = (world, shard, epoch);
            grants.Use(world.limits);
            // Which keeper is the one of now is in the store.
            grants.Meet(world.Current.Epoch);
        }

        public int Shard { get; }

        public long Epoch { get; }

        public int Ready { get; set; }

        public int Taken => taken.Count;

        /// <summary>When it has something to do.</summary>
        public long NextTime => Math.Min(grants.NextTime, Running.Count == 0 ? long.MaxValue : Running.Min(job => job.Until));

        private List<(int Silo, long Until)> Running => world.running[Shard];

        public void Add(int jobs)
        {
            Ready += jobs;
            isRung = true;
        }

        public int Take(int max, int silo)
        {
            var room = Math.Min(grants.Room(max, Name(silo), world.now), Ready);
            for (var i = 0; i < room; i++)
            {
                grants.Reserve(Name(silo));
                taken.Add(silo);
                Ready--;
            }

            return room;
        }

        public bool HandOut()
        {
            if (taken.Count == 0)
                return false;
            if (!grants.IsGood(world.now))
            {
                Release();
                return false;
            }

            var silo = taken[^1];
            taken.RemoveAt(taken.Count - 1);
            grants.Used(world.now);
            world.Start(Shard, silo, world.now + world.RunsFor.Ticks);
            return true;
        }

        public void Release()
        {
            if (taken.Count == 0)
                return;
            grants.Release(Name(taken[^1]), isRunning: true);
            grants.Moved();
            taken.RemoveAt(taken.Count - 1);
            Ready++;
        }

        public void End()
        {
            if (Running.Count == 0)
                return;
            Running.RemoveAt(world.random.Next(Running.Count));
            grants.Moved();
        }

        public void EndAll()
        {
            Running.Clear();
            grants.Moved();
        }

        /// <summary>As a shard and its pumps do when nothing fails.</summary>
        public void Work()
        {
            grants.Tick(world.now);
            if (Running.RemoveAll(job => job.Until <= world.now) > 0)
            {
                grants.Moved();
                isRung = true;
            }

            for (var silo = 0; isRung && silo < Silos; silo++)
            {
                var free = Slots - Running.Count(job => job.Silo == silo);
                if (free > 0 && Ready > 0)
                    Take(free, silo);
            }

            isRung = false;
            while (taken.Count > 0)
                HandOut();
            Ask();
        }

        public void Ask()
        {
            if (asking is not null || !grants.MustAsk)
                return;
            var mine = asking = new object();
            var ask = Next();
            // It may come to a keeper of before.
            var asked = world.random.Next(4) == 0 ? world.keepers[world.random.Next(world.keepers.Count)] : world.Current;
            world.messages.Add(new Message(() => Answer(asked.Books.Answer(ask), ask, mine), () => Fail(mine)));
        }

        public void GiveUpWaiting() => Fail(asking);

        public StartsAsk? Meet(long keeper) => grants.Meet(keeper) ? Next() : null;

        public void Call() => grants.Called();

        private static string Name(int silo) => $"silo {silo}";

        private StartsAsk Next()
        {
            var jobs = Running.Select(job => job.Silo).Concat(taken).GroupBy(silo => silo).Select(silo => new SiloStarts(Name(silo.Key), silo.Count()));
            return grants.Next($"{Shard}", Epoch, jobs, Ready);
        }

        private void Answer(StartsGrant grant, StartsAsk ask, object mine) => world.messages.Add(new Message(
            () =>
            {
                if (asking != mine)
                    return;
                asking = null;
                if (!grants.Take(ask, grant))
                    grants.Failed();
                else
                    isRung |= grant.Given.Length > 0;
            },
            () => Fail(mine)));

        private void Fail(object? mine)
        {
            if (mine is null || asking != mine)
                return;
            asking = null;
            grants.Failed();
        }
    }
}
