namespace Hearth.Jobs;

/// <summary>
/// Who waits for starts. They are called in the order in which they came, as many as there are starts; one that comes gets its share, at least one, and
/// goes to the end when it wants more, until those who were called with it have come. So a shard waits for at most one turn of each other.
/// </summary>
internal sealed partial class StartKeeper
{
    /// <summary>So long a start is kept for a shard that was called.</summary>
    private static readonly long CalledFor = TimeSpan.FromMilliseconds(500).Ticks;

    /// <summary>One that did not come is called again after so long.</summary>
    private static readonly long CallAgain = TimeSpan.FromSeconds(5).Ticks;

    private static readonly long StoreAgain = TimeSpan.FromSeconds(1).Ticks;

    private readonly List<KnownShard> line = [];
    private readonly Dictionary<Guid, RatePermits> coming = [];
    private readonly List<(long At, int Count)> rows = [];
    private long heldUntil = long.MaxValue;
    private long storeAgainAt;
    private long callAgainAt = long.MaxValue;

    /// <summary>When it wants to be called; <see cref="long.MaxValue"/>: not by itself.</summary>
    public long NextTime
    {
        get
        {
            var next = Math.Min(heldUntil, callAgainAt);
            foreach (var shard in line)
                next = shard.CalledUntil == 0 ? next : Math.Min(next, shard.CalledUntil);
            foreach (var grant in given)
                next = Math.Min(next, grant.Until + Grace + 1);
            return next;
        }
    }

    /// <summary>Calls those for whom there are starts.</summary>
    public void Call()
    {
        heldUntil = long.MaxValue;
        if (!isOpen || line.Count == 0 || !host.MayGive)
            return;
        var now = Now;
        var coming = line.Where(shard => IsComing(shard, now)).ToList();
        if (coming.Count == 0)
            line.ForEach(shard => shard.HasHadTurn = false);
        var left = Room(now) - coming.Count;
        foreach (var shard in line.ToList())
        {
            if (left <= 0)
                break;
            if (shard.IsAbsent || shard.HasHadTurn || IsComing(shard, now) || !IsRoomFor(shard, coming))
                continue;
            left--;
            coming.Add(shard);
            shard.CalledUntil = now + CalledFor;
            host.Call(shard.Key);
        }

        // Where the rates have room already, it is a job's end that is waited for, which is told.
        if (left <= 0 && book is not null && book.Room(now) == 0 && Math.Max(storeAgainAt, book.RoomAt(now)) is var at && at > now)
            heldUntil = at;
        host.Arm();
    }

    /// <summary>What is due at a time.</summary>
    public void Tick()
    {
        var now = Now;
        SettleOld(now);
        foreach (var shard in line.Where(shard => shard.CalledUntil > 0 && shard.CalledUntil <= now))
        {
            (shard.CalledUntil, shard.IsAbsent) = (0, true);
            callAgainAt = Math.Min(callAgainAt, now + CallAgain);
        }

        if (callAgainAt <= now)
        {
            callAgainAt = long.MaxValue;
            foreach (var shard in line)
                shard.IsAbsent = false;
        }

        Call();
    }

    /// <summary>A row is stored; one that gives back needs nothing more.</summary>
    public void Stored(Guid scope, int count)
    {
        if (count < 0 || !coming.Remove(scope, out var permits))
            return;
        permits.Stored();
        Call();
    }

    /// <summary>A row is not stored: what it was to bring is asked for again a little later.</summary>
    public void NotStored(Guid scope, int count)
    {
        if (count < 0 || !coming.Remove(scope, out var permits))
            return;
        permits.NotStored();
        heldUntil = storeAgainAt = Now + StoreAgain;
        host.Arm();
    }

    private static bool IsComing(KnownShard shard, long now) => shard.CalledUntil > now;

    /// <summary>Puts a shard in line that wants something, at the place that it has; one that does not goes.</summary>
    private void Line(KnownShard shard)
    {
        shard.IsAbsent = false;
        if (shard.Wanted.Count == 0)
            line.Remove(shard);
        else if (!line.Contains(shard))
            line.Add(shard);
    }

    /// <summary>A shard has had its turn: if it wants more, it goes to the end.</summary>
    private void Turn(KnownShard shard)
    {
        shard.HasHadTurn = true;
        line.Remove(shard);
        if (shard.Wanted.Count > 0)
            line.Add(shard);
    }

    /// <summary>How many of the starts that there are a shard may have: the others whose turn it is get as many, and those before it at least one each.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="room">The starts.</param>
    /// <param name="silo">Where they would be; null: wherever.</param>
    /// <param name="now">Now, in ticks.</param>
    private int ShareOf(KnownShard shard, int room, string? silo, long now)
    {
        var (before, rivals, isPast, isAnyComing, isCalled) = (0, 0, false, false, IsComing(shard, now));
        foreach (var other in line)
        {
            isPast |= other == shard;
            if (other == shard || other.IsAbsent || !(silo is null ? IsRoomFor(other) : other.Wants(silo)))
                continue;
            var isComing = IsComing(other, now);
            isAnyComing |= isComing;
            before += isComing || (!isCalled && !isPast) ? 1 : 0;
            rivals += isComing || !isCalled ? 1 : 0;
        }

        // Its next turn comes when those who were called have had theirs.
        return shard.HasHadTurn && isAnyComing ? 0 : Math.Min(room - before, (int)(((long)room + rivals) / (1 + rivals)));
    }

    /// <summary>Whether there is a silo where it could start something, beside others.</summary>
    private bool IsRoomFor(KnownShard shard, List<KnownShard>? beside = null)
    {
        if (limits.ConcurrencyPerSilo is null)
            return true;
        foreach (var (silo, _) in shard.Wanted)
        {
            if (RoomOn(silo) > (beside?.Count(other => other.Wants(silo)) ?? 0))
                return true;
        }

        return false;
    }

    private void TakeBlocks(long now)
    {
        foreach (var permits in book!.All)
        {
            if (permits.TryTakeBlock(now, rows))
                coming[permits.Scope] = permits;
            Store(permits);
        }
    }

    private void Store(RatePermits permits)
    {
        foreach (var (at, count) in rows)
            host.Store(permits.Scope, at, count, at + permits.Rate.Horizon);
        rows.Clear();
    }
}
