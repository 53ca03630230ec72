using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>
/// What bounds the starts of a shard's jobs, and what has started and runs. Who may start is asked before each start; what is refused is noted, and
/// rung for when that ends: by a job that leaves <see cref="JobState.Running"/>, by a block of permits that is stored, or at a time. No I/O.
/// </summary>
internal sealed partial class ShardLimits
{
    private readonly QueueLimits limits;
    private readonly KeyTable keys;
    private readonly StartsBefore past;
    private readonly IShardLimitsHost host;
    private readonly KeyGroup noKey = new(null);
    private readonly bool needsLines;
    private readonly int[] runningBySilo = new int[byte.MaxValue + 1];
    private readonly PermitBook? book;
    private readonly StartGrants? grants;
    private int running;
    private int reserved;
    private long last;

    /// <param name="limits">The limits.</param>
    /// <param name="keys">The shard's.</param>
    /// <param name="past">What is known of starts before this owner.</param>
    /// <param name="before">The limits until now, whose counts go on; there are no permits out.</param>
    /// <param name="host">Who is told.</param>
    /// <param name="grants">Of several shards: what counts for all of them, of which the limits have nothing then.</param>
    public ShardLimits(QueueLimits limits, KeyTable keys, StartsBefore past, ShardLimits? before, IShardLimitsHost host, StartGrants? grants = null)
    {
        (this.limits, this.keys, this.past, this.host, this.grants) = (limits, keys, past, host, grants);
        needsLines = keys.NeedsLines;
        last = before?.last ?? 0;
        if (limits.Rates is { Count: > 0 } rates)
            book = Changed(before?.book, "", rates);
        (noKey.Book, noKey.HeldUntil, noKey.HeldSince) = (before?.noKey.Book, before?.noKey.HeldUntil ?? 0, before?.noKey.HeldSince ?? 0);
        (heldBackUntil, heldBackSince) = (before?.heldBackUntil ?? 0, before?.heldBackSince ?? 0);
        coming = before?.coming ?? [];
        foreach (var group in keys.All.Append(noKey).ToList())
            Reset(group);
        Ageing = limits.Ageing?.Ticks ?? 0;
    }

    public bool IsFair => limits.Fair;

    public bool HasOrder => limits.KeyOrder;

    /// <summary>Whether jobs stand in lines by key.</summary>
    public bool IsKeyed => needsLines || limits.KeyOrder || limits.Fair || Ageing > 0 || limits.KeyConcurrency is not null || limits.KeyConcurrencyPerSilo is not null || HasKeyRates;

    /// <summary>In ticks; 0: none.</summary>
    public long Ageing { get; }

    /// <summary>Permits taken for jobs that have not been handed out.</summary>
    public int Reserved => reserved;

    /// <summary>Now, which never goes back.</summary>
    public long Now => last = Math.Max(last, host.Now);

    /// <summary>Jobs that run, by silo.</summary>
    public IEnumerable<SiloStarts> Running =>
        runningBySilo.Select((count, silo) => (count, silo)).Where(some => some.count > 0).Select(some => new SiloStarts(host.NameOf((byte)some.silo), some.count));

    private bool HasKeyRates => limits.KeyRates is { Count: > 0 };

    private bool HasPermits => book is not null || grants is not null || HasKeyRates;

    public KeyGroup GroupOf(JobEntry job) => job.Group ?? noKey;

    public int WeightOf(KeyGroup group) => group.Key is { } key && limits.Weights?.TryGetValue(key, out var weight) == true ? weight : 1;

    /// <summary>All groups, that of jobs without a key among them.</summary>
    public IEnumerable<KeyGroup> Groups => keys.All.Append(noKey);

    /// <summary>How many jobs may start now, were it not for their keys; what is less than was asked for is rung for later.</summary>
    /// <param name="wanted">So many are wanted.</param>
    /// <param name="silo">Where they would run.</param>
    public int Room(int wanted, byte silo)
    {
        var room = wanted;
        if (heldBackUntil > 0 && IsHeldBack())
            room = 0;
        if (Breaker is not null && room > 0)
            room = Math.Min(room, BreakerRoom(Breaker));
        if (limits.Concurrency is { } all)
            room = Math.Min(room, all - running);
        if (limits.ConcurrencyPerSilo is { } each && silo != Holders.Outside)
            room = Math.Min(room, each - runningBySilo[silo]);
        if (book is not null && room > 0)
            room = Math.Min(room, RateRoom());
        if (grants is not null && room > 0)
            room = GrantedRoom(grants, room, silo);
        isHeld |= room < wanted;
        return Math.Max(0, room);
    }

    /// <summary>Whether a key may start a job now.</summary>
    public bool MayStart(KeyGroup group, long now) =>
        group.HeldUntil <= now && !(limits.KeyConcurrency is { } max && group.Running >= max) && !((limits.KeyOrder || group.IsAlone) && group.Running > 0)
        && (!HasKeyRates || BookOf(group, now).Room(now) > 0);

    /// <summary>
    /// Whether a silo runs as many jobs of a key as it may; others may start them. If so, its pump is rung for when a job ends: it is not to ask again and again.
    /// </summary>
    public bool IsFull(KeyGroup group, byte silo)
    {
        if (limits.KeyConcurrencyPerSilo is not { } max || silo == Holders.Outside || group.RunningBySilo?.GetValueOrDefault(silo) is not { } there || there < max)
            return false;
        return isHeld = true;
    }

    /// <summary>Whether a job that stands in no line may start; if not, it is rung for later.</summary>
    public bool MayStartAlone(JobEntry job, byte silo)
    {
        if (Room(1, silo) == 0 || IsFull(GroupOf(job), silo))
            return false;
        var (group, now) = (GroupOf(job), Now);
        if (MayStart(group, now))
            return true;
        isHeld = true;
        Park(group, now);
        return false;
    }

    /// <summary>A job has been taken, and is to be handed out.</summary>
    public void Reserve(JobEntry job)
    {
        Breaker?.Started(job.Id);
        if (!HasPermits)
            return;
        var now = Now;
        job.IsReserved = true;
        reserved++;
        book?.Reserve(now);
        grants?.Reserve(host.NameOf(job.Holder));
        if (HasKeyRates)
            BookOf(GroupOf(job), now).Reserve(now);
    }

    /// <summary>Whether a job that was taken may be handed out now, which is its start. If not, it has to be given back.</summary>
    public bool TryHandOut(JobEntry job)
    {
        if (Breaker?.MayGoOut(job.Id) == false)
            return false;
        if (!job.IsReserved)
            return true;
        var now = Now;
        var mine = HasKeyRates ? BookOf(GroupOf(job), now) : null;
        if (book?.IsGood(now) == false || grants?.IsGood(now) == false || mine?.IsGood(now) == false)
            return false;
        (job.IsReserved, reserved) = (false, reserved - 1);
        book?.Use(now);
        grants?.Used(now);
        mine?.Use(now);
        LookAgain(job, now);
        Ask();
        return true;
    }

    /// <summary>A job that was taken is not handed out.</summary>
    public void Release(JobEntry job)
    {
        if (!job.IsReserved)
            return;
        (job.IsReserved, reserved) = (false, reserved - 1);
        book?.Release();
        grants?.Release(host.NameOf(job.Holder), isRunning: job.State == JobState.Running);
        var now = Now;
        if (HasKeyRates)
            BookOf(GroupOf(job), now).Release();
        LookAgain(job, now);
        Freed();
    }

    /// <summary>A job begins or ceases to run.</summary>
    public void Moved(JobEntry job, bool isRunning)
    {
        var (by, group) = (isRunning ? 1 : -1, GroupOf(job));
        running += by;
        runningBySilo[job.Holder] += by;
        group.Running += by;
        Count(group, job.Holder, by);
        if (isRunning)
            return;
        Breaker?.Stopped(job.Id);
        grants?.Moved();
        Ask();
        if (group.IsParked)
            Recheck(group, Now);
        Freed();
    }

    /// <summary>A job that runs has another holder.</summary>
    public void Moved(JobEntry job, byte from, byte to)
    {
        runningBySilo[from]--;
        runningBySilo[to]++;
        Count(GroupOf(job), from, -1);
        Count(GroupOf(job), to, 1);
        grants?.Moved();
        Ask();
        Freed();
    }

    private void Count(KeyGroup group, byte silo, int by)
    {
        if (limits.KeyConcurrencyPerSilo is null)
            return;
        var counts = group.RunningBySilo ??= [];
        if ((counts[silo] = counts.GetValueOrDefault(silo) + by) == 0)
            counts.Remove(silo);
    }

    private int GrantedRoom(StartGrants from, int wanted, byte silo)
    {
        var room = from.Room(wanted, host.NameOf(silo), Now);
        Ask();
        return room;
    }

    private void Ask()
    {
        if (grants is { MustAsk: true })
            host.Ask();
    }

    private int RateRoom()
    {
        var now = Now;
        var room = book!.Room(now);
        if (room > 0)
            return room;
        TakeBlocks(book, null, now);
        HoldUntil(book.RoomAt(now));
        return 0;
    }

    private PermitBook BookOf(KeyGroup group, long now) =>
        group.Book ??= new PermitBook(group.Key is null ? "none" : "key " + group.Key, limits.KeyRates!, past, now);

    private PermitBook Changed(PermitBook? before, string owner, IReadOnlyList<RateLimit> rates)
    {
        if (before is null)
            return new PermitBook(owner, rates, past, Now);
        before.Change(rates, past, Now);
        return before;
    }

    private void Reset(KeyGroup group)
    {
        (group.Running, group.RunningBySilo, group.Head, group.Waiting, group.IsParked, group.WakeAt) = (0, null, null, default, false, long.MaxValue);
        group.Lines.Clear();
        if (HasKeyRates)
            group.Book?.Change(limits.KeyRates!, past, Now);
        else
            group.Book = null;
        if (group is { Open: 0, Book: null, HeldUntil: 0 })
            keys.Drop(group);
        else
            Left(group);
    }
}
