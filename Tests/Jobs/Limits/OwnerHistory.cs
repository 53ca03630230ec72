using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>Owners of a shard one after the other, on one clock and what they stored: each allows starts as its book does, dies or hands over.</summary>
internal sealed class OwnerHistory
{
    private readonly RateLimit[] limits;
    private readonly Random random;
    private readonly List<(Guid Scope, long At, int Count)> stored = [];
    private readonly List<(RatePermits Permits, List<(long At, int Count)> Rows)> coming = [];
    private long now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;
    private PermitBook book;
    private int taken;

    public OwnerHistory(RateLimit[] limits, int seed)
    {
        (this.limits, random) = (limits, new Random(seed));
        book = new PermitBook("", limits, StartsBefore.None, now);
    }

    /// <summary>When jobs were handed out, in ticks.</summary>
    public List<long> Starts { get; } = [];

    /// <summary>As if a new owner took it that nothing was started before.</summary>
    public bool Forgets { get; init; }

    /// <summary>A queue that never runs dry.</summary>
    public static List<long> Saturated(RateLimit limit, TimeSpan length)
    {
        var owner = new OwnerHistory([limit], 1);
        var end = owner.now + length.Ticks;
        while (owner.now < end)
        {
            owner.StartUpTo(int.MaxValue);
            // A timer is late by a few milliseconds.
            owner.now = Math.Max(owner.now, owner.book.RoomAt(owner.now)) + (3 * TimeSpan.TicksPerMillisecond);
        }

        return owner.Starts;
    }

    public List<long> Run(int steps, bool canDie)
    {
        for (var step = 0; step < steps; step++)
        {
            switch (random.Next(12))
            {
                case 0 when canDie && random.Next(4) == 0:
                    Die();
                    break;
                case 1 when canDie && random.Next(8) == 0:
                    HandOver();
                    break;
                case 2 or 3:
                    Pass(random.Next(1, 400));
                    break;
                case 4:
                    Pass(random.Next(1, (int)limits.Max(limit => limit.Per.TotalMilliseconds)));
                    break;
                case 5 when book.RoomAt(now) is var at && at < long.MaxValue:
                    now = Math.Max(now, at);
                    break;
                case 6 or 7:
                    Ask();
                    break;
                case 8:
                    Arrive();
                    break;
                case 9 when taken > 0:
                    taken--;
                    book.Release();
                    break;
                case 10 when taken > 0:
                    HandOut();
                    break;
                default:
                    Take();
                    break;
            }
        }

        return Starts;
    }

    /// <summary>Starts as many as there may be now.</summary>
    public void StartUpTo(int count)
    {
        var before = Starts.Count;
        while (Starts.Count - before < count)
        {
            if (book.Room(now) == 0)
            {
                Ask();
                Arrive();
            }

            if (book.Room(now) == 0)
                return;
            Take();
            HandOut();
        }
    }

    /// <summary>What was on its way to the store may have come there; what was taken is never handed out.</summary>
    public void Die()
    {
        if (random.Next(2) == 0)
        {
            foreach (var (permits, rows) in coming)
                stored.AddRange(rows.Select(row => (permits.Scope, row.At, row.Count)));
        }

        Next(now);
    }

    public void HandOver()
    {
        while (taken > 0)
            HandOut();
        Arrive();
        foreach (var permits in book.All)
        {
            var rows = new List<(long At, int Count)>();
            permits.Close(now, rows);
            stored.AddRange(rows.Select(row => (permits.Scope, row.At, row.Count)));
        }

        Next(null);
    }

    private void Next(long? doubtfulUntil)
    {
        taken = 0;
        coming.Clear();
        book = new PermitBook("", limits, Forgets ? StartsBefore.None : new StartsBefore(stored, doubtfulUntil), now);
    }

    private void Pass(int milliseconds) => now += milliseconds * TimeSpan.TicksPerMillisecond;

    private void Take()
    {
        if (book.Room(now) == 0)
            return;
        book.Reserve(now);
        taken++;
    }

    private void HandOut()
    {
        taken--;
        if (!book.IsGood(now))
        {
            book.Release();
            return;
        }

        book.Use(now);
        Starts.Add(now);
    }

    private void Ask()
    {
        foreach (var permits in book.All)
        {
            var rows = new List<(long At, int Count)>();
            if (permits.TryTakeBlock(now, rows))
                coming.Add((permits, rows));
            else
                stored.AddRange(rows.Select(row => (permits.Scope, row.At, row.Count)));
        }
    }

    private void Arrive()
    {
        foreach (var (permits, rows) in coming)
        {
            stored.AddRange(rows.Select(row => (permits.Scope, row.At, row.Count)));
            permits.Stored();
        }

        coming.Clear();
    }
}
