using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>
/// The permits of one rate. Where a start matters for longer than an owner of the shard can be waited for, they are taken in blocks that are
/// stored before the first of them is used; whoever owns the shard next counts all of a block as used at the last moment at which it could be.
/// No I/O.
/// </summary>
/// <param name="rate">The rate.</param>
/// <param name="scope">What its blocks are stored under.</param>
internal sealed class RatePermits(StartRate rate, Guid scope)
{
    /// <summary>Rates whose starts matter for no longer are not stored: the next owner lets so much time pass.</summary>
    public static readonly long WaitedMax = TimeSpan.FromSeconds(10).Ticks;

    /// <summary>A block is such a part of what may start at once.</summary>
    private const int Parts = 16;

    /// <summary>A block is good for such a part of the time for which a start matters, or longer where the store is too slow for that.</summary>
    private const int TimeParts = 32;

    private readonly List<Block> blocks = [];
    private int timeParts = TimeParts;
    private Block? coming;
    private long last;

    public StartRate Rate => rate;

    public Guid Scope => scope;

    public bool IsStored => rate.Horizon > WaitedMax;

    /// <summary>A block is on its way to the store.</summary>
    public bool IsWaiting => coming is not null;

    /// <summary>Blocks of owners before: no two of a scope have the same time, or one would be taken for the other.</summary>
    public void After(IReadOnlyList<(long At, int Count)> known) => last = Math.Max(last, known.Count == 0 ? 0 : known[^1].At);

    /// <summary>How many may start now.</summary>
    public int Room(long now)
    {
        if (!IsStored)
            return rate.Room(now);
        var room = 0;
        foreach (var block in blocks)
            room += now <= block.Until ? block.Left : 0;
        return room;
    }

    /// <summary>When another may start; <see cref="long.MaxValue"/>: when something happens first.</summary>
    public long RoomAt(long now) => Room(now) > 0 ? now : IsWaiting ? long.MaxValue : rate.RoomAt(now);

    /// <summary>
    /// Takes a block where one is needed, which counts once it is <see cref="Stored"/>. Rows of blocks that were not used up come along: what
    /// is negative is given back.
    /// </summary>
    public bool TryTakeBlock(long now, List<(long At, int Count)> rows)
    {
        if (!IsStored || IsWaiting || Room(now) > 0)
            return false;
        DropOld(now, rows);
        var count = Math.Min(rate.Room(now), (rate.AtOnce + Parts - 1) / Parts);
        if (count == 0)
            return false;
        rate.Reserve(count);
        // No two of a scope have the same time.
        last = Math.Max(now + (rate.Horizon / timeParts), last + TimeSpan.TicksPerMicrosecond);
        last -= last % TimeSpan.TicksPerMicrosecond;
        coming = new Block(now, last, count);
        rows.Add((last, count));
        return true;
    }

    public void Stored()
    {
        if (coming is { } block && IsStored)
            blocks.Add(block);
        else if (coming is { } late)
            rate.Release(late.Left);
        coming = null;
    }

    /// <summary>The limit is another from now on. Where starts are not stored any more, what is left of blocks may start as all else.</summary>
    public void Change(RateLimit limit, long now)
    {
        rate.Change(limit, now);
        if (IsStored)
            return;
        foreach (var block in blocks)
            rate.Release(block.Left);
        blocks.Clear();
    }

    public void NotStored()
    {
        if (coming is { } block)
            rate.Release(block.Left);
        coming = null;
    }

    /// <summary>Takes a permit for a job; there is <see cref="Room"/>.</summary>
    public void Reserve(long now)
    {
        if (!IsStored)
        {
            rate.Reserve(1);
            return;
        }

        // One whose time has just passed is found out when the job is handed out.
        var block = blocks.Find(block => block.Left > 0 && now <= block.Until) ?? blocks.Find(block => block.Left > 0)!;
        block.Left--;
        block.Out++;
    }

    /// <summary>Whether a permit that was taken is still good: a block's time may have passed.</summary>
    public bool IsGood(long now) => !IsStored || blocks.Exists(block => block.Out > 0 && now <= block.Until);

    /// <summary>The job starts.</summary>
    public void Use(long now)
    {
        if (IsStored)
        {
            var block = blocks.Find(block => block.Out > 0 && now <= block.Until)!;
            Use(block, now);
        }

        rate.Use(1, now);
    }

    /// <summary>Until when permits that are reserved now can be used.</summary>
    public long GoodUntil(long now)
    {
        var until = long.MaxValue;
        foreach (var block in blocks)
            until = block.Left > 0 && now <= block.Until ? Math.Min(until, block.Until) : until;
        return until;
    }

    /// <summary>So many that were reserved were used, the last of them at a time, or will be by then.</summary>
    public void UseGranted(int count, long at, long now)
    {
        if (IsStored)
        {
            for (var i = 0; i < count; i++)
                Use(blocks.Find(block => block.Out > 0 && at <= block.Until) ?? blocks.Find(block => block.Out > 0)!, at);
        }

        if (at <= now)
            rate.Use(count, at);
        else
            rate.UseLater(count, at);
    }

    /// <summary>The job does not start.</summary>
    public void Release()
    {
        // Which block it was makes no difference: each starts no more than it has, in its time.
        if (IsStored)
        {
            var block = blocks.Find(block => block.Out > 0)!;
            block.Out--;
            block.Left++;
        }
        else
        {
            rate.Release(1);
        }
    }

    /// <summary>Nothing more starts: what is left of all blocks, as rows that give it back, and what a successor has to know where blocks are not stored.</summary>
    public void Close(long now, List<(long At, int Count)> rows)
    {
        if (!IsStored)
        {
            rows.AddRange(rate.Recent(now));
            return;
        }

        foreach (var block in blocks.Where(block => block.Left > 0))
            rows.Add((block.Until, -block.Left));
        blocks.Clear();
    }

    public bool IsOver(long now) => !IsWaiting && (!IsStored || blocks.TrueForAll(block => block.Out == 0 && block.Until < now)) && IsOverRate(now);

    /// <summary>A block that is used up early need not be good for so long.</summary>
    private void Use(Block block, long at)
    {
        block.Out--;
        if (block is { Left: 0, Out: 0 } && at - block.From < block.Until - at)
            timeParts = Math.Min(timeParts * 2, TimeParts);
    }

    private bool IsOverRate(long now)
    {
        foreach (var block in blocks.Where(block => block.Left > 0))
        {
            rate.Release(block.Left);
            block.Left = 0;
        }

        return rate.IsOver(now);
    }

    private void DropOld(long now, List<(long At, int Count)> rows)
    {
        foreach (var block in blocks.Where(block => block.Left > 0 && block.Until < now))
        {
            // None of it could be used before its time was over: one that is no better would stop everything for as long as the store is so slow.
            if (block.Left == block.Count)
                timeParts = Math.Max(timeParts / 2, 1);
            rate.Release(block.Left);
            rows.Add((block.Until, -block.Left));
            block.Left = 0;
        }

        blocks.RemoveAll(block => block is { Left: 0, Out: 0 });
    }

    private sealed class Block(long from, long until, int count)
    {
        public long From => from;

        public long Until => until;

        public int Count { get; } = count;

        public int Left { get; set; } = count;

        /// <summary>Taken for jobs that have not started yet.</summary>
        public int Out { get; set; }
    }
}
