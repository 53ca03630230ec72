using Hearth.Queues;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>
/// A queue of several shards and the keeper of its limits, without the shards: what they tell each other comes late, in another order or never; owners
/// of shards and keeper die or hand over at any moment, and those that have died without knowing it go on.
/// </summary>
internal sealed partial class SharedHistory
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
}
