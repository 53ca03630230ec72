using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>
/// What one of several shards has of the starts that its queue allows. The queue's keeper (<see cref="StartKeeper"/>) grants them for a moment; what is not
/// used by then goes back. Whatever has changed is told with the next ask, of which one is under way at a time. No I/O.
/// </summary>
internal sealed class StartGrants
{
    /// <summary>Grants that are over and that nobody wants to know of: no keeper answers.</summary>
    private const int UsedMax = 1_000;

    private readonly List<Grant> grants = [];
    private readonly Dictionary<string, int> wanted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> told = new(StringComparer.Ordinal);
    private readonly List<UsedStarts> over = [];
    private QueueLimits? limits;
    private int toldInAll;
    private long keeper;
    private long number;
    private long numberMet;

    private bool HasRates => limits!.Rates is { Count: > 0 };

    private bool HasSlots => limits is { Concurrency: not null } or { ConcurrencyPerSilo: not null };

    private bool IsPerSilo => limits!.ConcurrencyPerSilo is not null;

    /// <summary>There is something that the keeper does not know.</summary>
    public bool MustAsk { get; private set; }

    /// <summary>When something of it is over; <see cref="long.MaxValue"/>: nothing.</summary>
    public long NextTime => grants.Count == 0 ? long.MaxValue : grants.Min(grant => grant.Left > 0 ? grant.Until + 1 : long.MaxValue);

    /// <summary>Starts that are not used.</summary>
    public int Left => grants.Sum(grant => grant.Left);

    /// <summary>Whether a queue's limits have some that count for all of its shards.</summary>
    public static bool AreFor(QueueLimits? limits) => limits is { Rates.Count: > 0 } or { Concurrency: not null } or { ConcurrencyPerSilo: not null };

    /// <summary>The limits are others.</summary>
    public void Use(QueueLimits next)
    {
        if (ReferenceEquals(limits, next))
            return;
        limits = next;
        wanted.Clear();
        told.Clear();
        DropUnused();
        MustAsk = true;
    }

    /// <summary>How many may start; if that is fewer, more are asked for.</summary>
    /// <param name="max">So many are wanted.</param>
    /// <param name="silo">Where they would run.</param>
    /// <param name="now">Now, in ticks.</param>
    public int Room(int max, string silo, long now)
    {
        Tick(now);
        var room = Math.Min(max, grants.Sum(grant => grant.LeftFor(silo, IsPerSilo)));
        if (room == max)
        {
            wanted.Remove(silo);
            return room;
        }

        wanted[silo] = max - room;
        MustAsk |= max - room > told.GetValueOrDefault(silo);
        return room;
    }

    /// <summary>Whether one may start on a silo, unless its time has passed.</summary>
    public bool HasFor(string silo) => grants.Exists(grant => grant.LeftFor(silo, IsPerSilo) > 0);

    /// <summary>A job has been taken, and is to be handed out.</summary>
    public void Reserve(string silo) => grants.Find(grant => grant.LeftFor(silo, IsPerSilo) > 0)?.Take(silo, IsPerSilo);

    /// <summary>Whether a job that was taken may be handed out now. Of which grant it was makes no difference: none starts more than it has, in its time.</summary>
    public bool IsGood(long now) => !HasRates || grants.Exists(grant => grant.Out > 0 && now <= grant.Until);

    /// <summary>It is handed out.</summary>
    public void Used(long now)
    {
        if ((grants.Find(grant => grant.Out > 0 && now <= grant.Until) ?? grants.Find(grant => grant.Out > 0)) is not { } grant)
            return;
        grant.Use(now);
        EndIfOver(grant);
    }

    /// <summary>It is not.</summary>
    /// <param name="silo">Where it would have run.</param>
    /// <param name="isRunning">False: the keeper may have heard already that it does not run, so that nothing else may in its place.</param>
    public void Release(string silo, bool isRunning)
    {
        if (grants.Find(grant => grant.Out > 0) is not { } grant)
            return;
        grant.Release(isRunning ? silo : null);
        EndIfOver(grant);
    }

    /// <summary>A job that has run does not, or runs elsewhere.</summary>
    public void Moved() => MustAsk |= HasSlots;

    /// <summary>There may be more than the keeper had the last time.</summary>
    public void Called() => MustAsk = true;

    /// <summary>Those whose time has passed are not used any more.</summary>
    public void Tick(long now)
    {
        for (var i = grants.Count - 1; i >= 0; i--)
        {
            if (grants[i] is { Left: > 0 } grant && grant.Until < now)
                Drop(grant);
        }
    }

    /// <summary>None that is left is needed.</summary>
    public void DropUnused() => Tick(long.MaxValue);

    /// <summary>What to tell the keeper now.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="epoch">Of its owner.</param>
    /// <param name="running">Its jobs that run.</param>
    /// <param name="ready">How many could start.</param>
    public StartsAsk Next(string shard, long epoch, IEnumerable<SiloStarts> running, int ready)
    {
        if (ready == 0)
        {
            wanted.Clear();
            DropUnused();
        }

        Tell(Math.Max(0, ready - Left));
        MustAsk = false;
        var all = running.Concat(grants.SelectMany(grant => grant.Rest)).GroupBy(silo => silo.Silo, StringComparer.Ordinal)
            .Select(silo => new SiloStarts(silo.Key, silo.Sum(some => some.Count)));
        return new StartsAsk(shard, epoch, ++number, [.. all], [.. told.Select(silo => new SiloStarts(silo.Key, silo.Value))], [.. over], toldInAll);
    }

    /// <summary>The keeper has answered.</summary>
    /// <returns>False when it was not the keeper of now: it has to be asked again.</returns>
    public bool Take(StartsAsk ask, StartsGrant grant)
    {
        // Nobody keeps the books yet, who begins with asking all shards; or has heard a later ask than this one.
        if (grant.Epoch == 0)
            return true;
        if (grant.Epoch < keeper)
            return false;
        if (grant.Epoch > keeper)
        {
            Meet(grant.Epoch);
        }
        else if (ask.Number <= numberMet)
        {
            // The keeper has been told since that nothing is left of it.
            MustAsk = true;
            return true;
        }

        over.RemoveAll(some => ask.Used.Contains(some));
        if (grant.Given.Length == 0)
            return true;
        grants.Add(new Grant(ask.Number, grant));
        foreach (var (silo, count) in grant.Given)
        {
            Lower(wanted, silo, count);
            Lower(told, silo, count);
            toldInAll -= count;
        }

        // Of these the keeper knows nothing any more.
        if (toldInAll <= 0)
            told.Clear();
        return true;
    }

    /// <summary>It has not, or nobody knows.</summary>
    public void Failed() => MustAsk = true;

    /// <summary>The keeper's owner has this epoch, or a later one; nothing that one before has granted counts, jobs that were taken with it included.</summary>
    /// <returns>False when there is a later one.</returns>
    public bool Meet(long epoch)
    {
        if (epoch < keeper)
            return false;
        (keeper, numberMet) = (epoch, number);
        grants.Clear();
        over.Clear();
        return true;
    }

    private static void Lower(Dictionary<string, int> counts, string silo, int by)
    {
        if (counts.TryGetValue(silo, out var count) && count > by)
            counts[silo] = count - by;
        else
            counts.Remove(silo);
    }

    /// <summary>Each silo could start all that is ready: which of them is full, only the keeper knows.</summary>
    private void Tell(int inAll)
    {
        told.Clear();
        toldInAll = inAll;
        foreach (var (silo, count) in wanted)
        {
            if (Math.Min(count, inAll) is > 0 and var some)
                told[silo] = some;
        }
    }

    private void Drop(Grant grant)
    {
        // A silo that did not come for its own leaves them to others, until it comes.
        if (IsPerSilo)
        {
            foreach (var (silo, _) in grant.Rest)
                wanted.Remove(silo);
        }

        grant.Drop();
        MustAsk = true;
        EndIfOver(grant);
    }

    private void EndIfOver(Grant grant)
    {
        if (grant.Left > 0 || grant.Out > 0)
            return;
        grants.Remove(grant);
        if (!HasRates)
            return;
        if (over.Count == UsedMax)
            over.RemoveAt(0);
        over.Add(new UsedStarts(grant.Number, grant.Count, grant.LastAt));
        MustAsk = true;
    }

    private sealed class Grant
    {
        private readonly Dictionary<string, int> rest = new(StringComparer.Ordinal);
        private readonly long from;

        public Grant(long number, StartsGrant given)
        {
            (Number, Until, from) = (number, given.Until, given.At);
            foreach (var (silo, count) in given.Given)
                rest[silo] = rest.GetValueOrDefault(silo) + count;
            Left = rest.Values.Sum();
        }

        public long Number { get; }

        public long Until { get; }

        public int Left { get; private set; }

        /// <summary>Taken for jobs that have not started yet.</summary>
        public int Out { get; private set; }

        /// <summary>Started.</summary>
        public int Count { get; private set; }

        /// <summary>The last of them: never before the grant, whatever this silo takes the time to be.</summary>
        public long LastAt { get; private set; }

        public IEnumerable<SiloStarts> Rest => rest.Select(silo => new SiloStarts(silo.Key, silo.Value));

        public int LeftFor(string silo, bool isPerSilo) => isPerSilo ? rest.GetValueOrDefault(silo) : Left;

        public void Take(string silo, bool isPerSilo)
        {
            Lower(rest, isPerSilo || rest.ContainsKey(silo) ? silo : rest.Keys.First(), 1);
            (Left, Out) = (Left - 1, Out + 1);
        }

        /// <param name="to">Where another may start instead; null: none may.</param>
        public void Release(string? to)
        {
            Out--;
            if (to is null)
                return;
            rest[to] = rest.GetValueOrDefault(to) + 1;
            Left++;
        }

        public void Use(long now)
        {
            (Out, Count) = (Out - 1, Count + 1);
            LastAt = Math.Max(LastAt, Math.Max(from, now));
        }

        public void Drop()
        {
            rest.Clear();
            Left = 0;
        }
    }
}
