using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>
/// The books of a queue of several shards, which its first shard keeps: what runs in each of them, and the permits of its rates. (1) It begins when all
/// shards have told how they stand, and take nothing from a keeper before. (2) A shard asks for starts; they count as used from the moment they are
/// granted, and at the last moment at which they may be. (3) Who gets less than it asked for waits in line, and is called. No I/O.
/// </summary>
/// <param name="epoch">Of the shard's owner.</param>
/// <param name="limits">What bounds the queue.</param>
/// <param name="host">Its shard.</param>
internal sealed partial class StartKeeper(long epoch, QueueLimits limits, IStartKeeperHost host)
{
    /// <summary>A grant is good for so long.</summary>
    public static readonly long GoodFor = TimeSpan.FromSeconds(1).Ticks;

    /// <summary>What a shard has to say of its last grant may take so long to come.</summary>
    private static readonly long Grace = TimeSpan.FromSeconds(1).Ticks;

    private readonly Dictionary<string, KnownShard> shards = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> bySilo = new(StringComparer.Ordinal);
    private readonly List<Given> given = [];
    private QueueLimits limits = limits;
    private PermitBook? book;
    private bool isOpen;
    private int running;
    private long last;

    /// <summary>Never goes back.</summary>
    private long Now => last = Math.Max(last, host.Now);

    /// <summary>It grants starts, or would.</summary>
    public bool IsOpen => isOpen;

    /// <summary>The epoch of a shard's owner that was heard last; 0: none.</summary>
    public long EpochOf(string shard) => shards.GetValueOrDefault(shard)?.Epoch ?? 0;

    /// <summary>All shards have told how they stand.</summary>
    /// <param name="past">What is known of starts before.</param>
    public void Open(StartsBefore past)
    {
        isOpen = true;
        book = limits.Rates is { Count: > 0 } rates ? new PermitBook("", rates, past, Now) : null;
        Call();
    }

    /// <summary>The limits are others; what was granted counts as used.</summary>
    public void Change(QueueLimits next, StartsBefore past)
    {
        if (ReferenceEquals(limits, next))
            return;
        SettleAll();
        limits = next;
        if (!isOpen)
            return;
        if (limits.Rates is not { Count: > 0 } rates)
            book = null;
        else if (book is null)
            book = new PermitBook("", rates, past, Now);
        else
            book.Change(rates, past, Now);
        Call();
    }

    /// <summary>Takes note of how a shard stands.</summary>
    /// <returns>Null when it has told something newer.</returns>
    public KnownShard? Note(StartsAsk ask)
    {
        if (!shards.TryGetValue(ask.Shard, out var shard))
            shards.Add(ask.Shard, shard = new KnownShard(ask.Shard));
        if (ask.Epoch < shard.Epoch || (ask.Epoch == shard.Epoch && ask.Number <= shard.Number))
            return null;
        (shard.Epoch, shard.Number) = (ask.Epoch, ask.Number);
        Count(shard.Running, -1);
        shard.Running = [.. ask.Running];
        Count(shard.Running, 1);
        foreach (var used in ask.Used)
            Settle(shard, used);
        shard.Wanted = [.. ask.Wanted];
        shard.InAll = ask.InAll > 0 ? ask.InAll : ask.Wanted.Sum(silo => silo.Count);
        Line(shard);
        return shard;
    }

    /// <summary>A shard asks.</summary>
    public StartsGrant Answer(StartsAsk ask)
    {
        if (Note(ask) is not { } shard)
            return StartsGrant.None;
        var now = Now;
        var until = Math.Min(now + GoodFor, book?.GoodUntil(now) ?? long.MaxValue);
        var grant = new StartsGrant(epoch, now, until, isOpen && host.MayGive ? Give(shard, now) : []);
        shard.CalledUntil = 0;
        if (grant.Given.Length > 0 && book is not null)
            given.Add(new Given(shard.Key, ask.Epoch, ask.Number, grant.Given.Sum(silo => silo.Count), now, until));
        Call();
        return grant;
    }

    /// <summary>Nothing is granted any more. What may still be used of what was counts as used then, for the next keeper too.</summary>
    public void Close()
    {
        isOpen = false;
        if (book is null)
            return;
        SettleAll();
        foreach (var permits in book.All)
        {
            permits.Close(Now, rows);
            Store(permits);
        }
    }

    private SiloStarts[] Give(KnownShard shard, long now)
    {
        var left = shard.Wanted.Count == 0 ? 0 : Math.Min(shard.InAll, ShareOf(shard, Room(now), null, now));
        if (left <= 0)
            return [];
        var gets = new List<SiloStarts>(shard.Wanted.Count);
        foreach (var (silo, count) in shard.Wanted.ToList())
        {
            var some = Math.Min(count, left);
            if (limits.ConcurrencyPerSilo is not null)
                some = Math.Min(some, ShareOf(shard, RoomOn(silo), silo, now));
            if (some <= 0)
                continue;
            left -= some;
            gets.Add(new SiloStarts(silo, some));
            Take(shard, new SiloStarts(silo, some), now);
        }

        if (gets.Count > 0)
            Turn(shard);
        return [.. gets];
    }

    private void Take(KnownShard shard, SiloStarts some, long now)
    {
        for (var i = 0; i < some.Count; i++)
            book?.Reserve(now);
        shard.Running.Add(some);
        Count([some], 1);
        shard.Lower(some);
    }

    /// <summary>How many more may start now, wherever; asks for permits where there are none.</summary>
    private int Room(long now)
    {
        var room = limits.Concurrency is { } all ? all - running : int.MaxValue;
        if (room <= 0 || book is null)
            return Math.Max(0, room);
        var permits = book.Room(now);
        if (permits == 0 && now >= storeAgainAt)
            TakeBlocks(now);
        return Math.Min(room, permits);
    }

    private int RoomOn(string silo) =>
        limits.ConcurrencyPerSilo is { } each && silo.Length > 0 ? Math.Max(0, each - bySilo.GetValueOrDefault(silo)) : int.MaxValue;

    private void Count(IReadOnlyList<SiloStarts> some, int by)
    {
        foreach (var (silo, count) in some)
        {
            running += by * count;
            var now = bySilo.GetValueOrDefault(silo) + (by * count);
            if (now == 0)
                bySilo.Remove(silo);
            else
                bySilo[silo] = now;
        }
    }

    /// <summary>A shard tells what it has used of a grant.</summary>
    private void Settle(KnownShard shard, UsedStarts used)
    {
        var at = given.FindIndex(one => one.Shard == shard.Key && one.Epoch == shard.Epoch && one.Number == used.Grant);
        if (at < 0)
            return;
        var grant = given[at];
        given.RemoveAt(at);
        var count = Math.Clamp(used.Count, 0, grant.Count);
        book?.UseGranted(count, Math.Clamp(used.At, grant.At, grant.Until), Now);
        for (var i = count; i < grant.Count; i++)
            book?.Release();
    }

    private void SettleAll()
    {
        foreach (var grant in given.OrderBy(grant => grant.Until))
            book?.UseGranted(grant.Count, grant.Until, Now);
        given.Clear();
    }

    /// <summary>A grant of whose use nothing was heard.</summary>
    private void SettleOld(long now)
    {
        for (var i = given.Count - 1; i >= 0; i--)
        {
            if (given[i].Until + Grace >= now)
                continue;
            book?.UseGranted(given[i].Count, given[i].Until, now);
            given.RemoveAt(i);
        }
    }

    /// <summary>What a shard has told last, and what it was granted since.</summary>
    internal sealed class KnownShard(string key)
    {
        public string Key => key;

        public long Epoch { get; set; }

        public long Number { get; set; }

        public List<SiloStarts> Running { get; set; } = [];

        public List<SiloStarts> Wanted { get; set; } = [];

        /// <summary>No more than so many of these.</summary>
        public int InAll { get; set; }

        /// <summary>It was called, and what there is is kept for it until then, in ticks; 0: it was not.</summary>
        public long CalledUntil { get; set; }

        /// <summary>It has got something since the others were called.</summary>
        public bool HasHadTurn { get; set; }

        /// <summary>It was called and did not come: it is called again, and nothing is kept for it.</summary>
        public bool IsAbsent { get; set; }

        public bool Wants(string silo) => Wanted.Exists(wanted => wanted.Silo == silo);

        public void Lower(SiloStarts by)
        {
            InAll -= by.Count;
            if (InAll <= 0)
            {
                Wanted.Clear();
                return;
            }

            var at = Wanted.FindIndex(silo => silo.Silo == by.Silo);
            var rest = Wanted[at].Count - by.Count;
            if (rest > 0)
                Wanted[at] = by with { Count = rest };
            else
                Wanted.RemoveAt(at);
        }
    }

    private readonly record struct Given(string Shard, long Epoch, long Number, int Count, long At, long Until);
}

/// <summary>The shard that keeps the books.</summary>
internal interface IStartKeeperHost
{
    /// <summary>On the store's clock, in ticks.</summary>
    long Now { get; }

    /// <summary>It is the owner, as far as it knows.</summary>
    bool MayGive { get; }

    /// <summary>A shard may ask now; who does not know is called again.</summary>
    void Call(string shard);

    /// <summary><see cref="StartKeeper.NextTime"/> is another.</summary>
    void Arm();

    /// <summary>Permits are to be stored, and <see cref="StartKeeper.Stored"/> or <see cref="StartKeeper.NotStored"/> called for them.</summary>
    void Store(Guid scope, long at, int count, long keptUntil);
}
