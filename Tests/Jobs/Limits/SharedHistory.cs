using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>
/// A queue of several shards and the keeper of its limits, without the shards: what they tell each other comes late, in another order or never; owners
/// of shards and keeper die or hand over at any moment, and those that have died without knowing it go on.
/// </summary>
internal sealed class SharedHistory
{
    private const int Silos = 3;
    private const int Slots = 8;

    private readonly Random random;
    private readonly QueueLimits limits;
    private readonly List<Owner> owners = [];
    private readonly List<Keeper> keepers = [];
    private readonly List<Message> messages = [];
    private readonly List<(Guid Scope, long At, int Count)> stored = [];
    private readonly List<(int Silo, long Until)>[] running;
    private long now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    public SharedHistory(QueueLimits limits, int shards, int seed)
    {
        (this.limits, random) = (limits, new Random(seed));
        running = [.. Enumerable.Range(0, shards).Select(_ => new List<(int, long)>())];
        keepers.Add(new Keeper(this, epoch: 1));
        for (var shard = 0; shard < shards; shard++)
            owners.Add(new Owner(this, shard, epoch: 1));
    }

    /// <summary>When jobs were handed out, in ticks, and of which shard.</summary>
    public List<(long At, int Shard)> Starts { get; } = [];

    /// <summary>As if a new keeper took it that nothing was started before.</summary>
    public bool Forgets { get; init; }

    /// <summary>As if a new keeper did not meet the shards.</summary>
    public bool MeetsNobody { get; init; }

    /// <summary>How long a job runs while nothing fails.</summary>
    public TimeSpan RunsFor { get; init; } = TimeSpan.FromMilliseconds(5);

    public int Shards => owners.Count;

    private Keeper Current => keepers[^1];

    /// <summary>Begins, and goes on in whatever order.</summary>
    public void Run(int steps)
    {
        Current.Begin();
        foreach (var owner in owners)
            owner.Add(random.Next(200));
        for (var step = 0; step < steps; step++)
            Step();
    }

    /// <summary>What runs without an end ends.</summary>
    public void End()
    {
        foreach (var owner in owners)
            owner.EndAll();
    }

    /// <summary>Nothing fails from now on.</summary>
    public void Calm(TimeSpan length, params int[] backlogs)
    {
        if (Starts.Count == 0 && Current.IsNew)
            Current.Begin();
        for (var shard = 0; shard < backlogs.Length; shard++)
            owners[shard].Add(backlogs[shard]);
        for (var end = now + length.Ticks; now < end; now = NextMoment(end))
        {
            // What is under way takes a millisecond.
            var sent = messages.ToList();
            messages.Clear();
            foreach (var message in sent)
                message.Deliver();
            Current.Arrive();
            if (Current.Books.NextTime <= now)
                Current.Books.Tick();
            foreach (var owner in owners)
                owner.Work();
        }
    }

    /// <summary>In a millisecond where something is under way, else when something is due.</summary>
    private long NextMoment(long end)
    {
        var soon = now + TimeSpan.TicksPerMillisecond;
        if (messages.Count > 0 || Current.IsStoring)
            return soon;
        var next = Math.Min(Current.Books.NextTime, owners.Min(owner => owner.NextTime));
        return Math.Clamp(next, soon, Math.Max(end, soon));
    }

    private void Step()
    {
        var owner = owners[random.Next(owners.Count)];
        switch (random.Next(22))
        {
            case 0 when random.Next(12) == 0:
                Die(owner);
                break;
            case 1 when random.Next(16) == 0:
                Current.Die(isOrderly: random.Next(2) == 0);
                break;
            case 2 when random.Next(20) == 0:
                now += random.NextInt64(20 * TimeSpan.TicksPerSecond);
                break;
            case 2 or 3 or 4:
                now += random.NextInt64(100 * TimeSpan.TicksPerMillisecond);
                break;
            case 5 when messages.Count > 0 && random.Next(3) == 0:
                var lost = messages[random.Next(messages.Count)];
                messages.Remove(lost);
                lost.Lose();
                break;
            case 6:
                keepers[random.Next(keepers.Count)].Books.Tick();
                break;
            case 7:
                keepers[random.Next(keepers.Count)].Arrive();
                break;
            case 8:
                owner.Add(random.Next(20));
                break;
            case 9 or 10:
                owner.End();
                break;
            case 11 or 12:
                owner.Take(random.Next(1, 10), random.Next(Silos));
                break;
            case 13:
                owner.Release();
                break;
            case 14 or 15:
                owner.HandOut();
                break;
            case 16 when random.Next(4) == 0:
                owner.GiveUpWaiting();
                break;
            case 16 or 17:
                owner.Ask();
                break;
            default:
                if (messages.Count == 0)
                    break;
                var next = messages[random.Next(messages.Count)];
                messages.Remove(next);
                next.Deliver();
                break;
        }
    }

    /// <summary>What runs goes on, and its new owner knows it; what was taken does not start any more.</summary>
    private void Die(Owner owner) => owners[owner.Shard] = new Owner(this, owner.Shard, owner.Epoch + 1) { Ready = owner.Ready + owner.Taken };

    private void Start(int shard, int silo, long until)
    {
        running[shard].Add((silo, until));
        Starts.Add((now, shard));
        Assert.True(running.Sum(some => some.Count) <= (limits.Concurrency ?? int.MaxValue), "More run than the queue allows.");
        Assert.True(
            running.Sum(some => some.Count(job => job.Silo == silo)) <= (limits.ConcurrencyPerSilo ?? int.MaxValue), "More run on a silo than the queue allows.");
    }

    private sealed record Message(Action Deliver, Action Lose);

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

    /// <summary>An owner of the shard that keeps the books; whether it still is, it cannot know.</summary>
    private sealed class Keeper : IStartKeeperHost
    {
        private readonly SharedHistory world;
        private readonly List<(Guid Scope, long At, int Count)> coming = [];
        private readonly HashSet<int> missing = [];
        private bool isOpen;

        public Keeper(SharedHistory world, long epoch)
        {
            (this.world, Epoch) = (world, epoch);
            Books = new StartKeeper(epoch, world.limits, this);
        }

        public long Epoch { get; }

        public StartKeeper Books { get; }

        public bool IsStoring => coming.Count > 0;

        public bool IsNew { get; private set; } = true;

        /// <summary>The keeper before has told all.</summary>
        public bool IsTold { get; init; }

        public long Now => world.now;

        public bool MayGive => true;

        private bool IsOwner => world.Current == this;

        public void Begin()
        {
            IsNew = false;
            if (world.MeetsNobody)
            {
                Open();
                return;
            }

            for (var shard = 0; shard < world.owners.Count; shard++)
            {
                missing.Add(shard);
                Meet(shard);
            }
        }

        public void Die(bool isOrderly)
        {
            if (isOrderly)
            {
                Arrive();
                Books.Close();
            }

            if (isOrderly || world.random.Next(2) == 0)
                world.stored.AddRange(coming);
            else
                coming.ForEach(row => Books.NotStored(row.Scope, row.Count));
            coming.Clear();
            var next = new Keeper(world, Epoch + 1) { IsTold = isOrderly && isOpen };
            world.keepers.Add(next);
            next.Begin();
        }

        public void Arrive()
        {
            foreach (var row in coming.ToList())
            {
                coming.Remove(row);
                if (!IsOwner)
                {
                    Books.NotStored(row.Scope, row.Count);
                    continue;
                }

                world.stored.Add(row);
                Books.Stored(row.Scope, row.Count);
            }
        }

        public void Call(string shard)
        {
            var at = int.Parse(shard, System.Globalization.CultureInfo.InvariantCulture);
            world.messages.Add(new Message(() => world.owners[at].Call(), () => { }));
        }

        public void Arm()
        {
        }

        public void Store(Guid scope, long at, int count, long keptUntil) => coming.Add((scope, at, count));

        /// <summary>It may come to an owner that has died since, and does not know.</summary>
        private void Meet(int shard)
        {
            var owner = world.owners[shard];
            world.messages.Add(new Message(() => Hear(shard, owner), () => Meet(shard)));
        }

        private void Hear(int shard, Owner owner)
        {
            if (owner.Meet(Epoch) is not { } how)
                return;
            world.messages.Add(new Message(
                () =>
                {
                    Books.Note(how);
                    missing.Remove(shard);
                    if (missing.Count == 0)
                        OpenIfAllAreOwners();
                },
                () => Meet(shard)));
        }

        private void OpenIfAllAreOwners()
        {
            // Who is not the owner any more finds that out here.
            if (!IsOwner || isOpen)
                return;
            foreach (var owner in world.owners.Where(owner => Books.EpochOf($"{owner.Shard}") < owner.Epoch))
            {
                missing.Add(owner.Shard);
                Meet(owner.Shard);
            }

            if (missing.Count == 0)
                Open();
        }

        private void Open()
        {
            isOpen = true;
            Books.Open(world.Forgets || Epoch == 1 ? StartsBefore.None : new StartsBefore(world.stored, IsTold ? null : world.now));
        }
    }
}
