using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Engines;

/// <summary>
/// This silo's part in the membership. Each <see cref="Beat"/>: (1) renew the lease, which reads the table; (2) pass on what was asked for in
/// between: refused connections, drains; (3) declare those dead who are, if this silo may; (4) exchange the view.
/// </summary>
/// <remarks>Only the thread that beats uses the table. All else here is for any thread.</remarks>
internal sealed partial class MembershipAgent : IClusterView, IDisposable
{
    /// <summary>After a renewal that failed: the lease runs.</summary>
    private static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private readonly ISiloTable table;
    private readonly Func<SiloBeat> load;
    private readonly Action<string> toldDead;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly ITimer leaseEnd;
    private volatile State state = State.None;
    private long renewedFrom = long.MinValue;
    private long beatAt;
    private volatile bool isOver;
    private volatile bool isLeaving;
    private bool couldStartJobs;
    private volatile bool isLost;

    /// <param name="table">Used by the thread that beats alone.</param>
    /// <param name="self">The id of this silo.</param>
    /// <param name="load">What to tell with each heartbeat.</param>
    /// <param name="toldDead">Called once when the table says that this silo is dead, with the reason.</param>
    /// <param name="clock">Its timestamps measure the lease.</param>
    /// <param name="logger">Where to tell who comes and goes.</param>
    public MembershipAgent(ISiloTable table, string self, Func<SiloBeat> load, Action<string> toldDead, TimeProvider clock, ILogger logger)
    {
        (this.table, Self, this.load, this.toldDead, this.clock, this.logger) = (table, self, load, toldDead, clock, logger);
        leaseEnd = clock.CreateTimer(_ => TellIfJobsChanged(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public event Action? Changed;

    /// <summary>Raised when a beat is wanted before its time.</summary>
    public event Action? Hurried;

    public string Self { get; }

    public ClusterSnapshot Current => state.Snapshot;

    public PlacementView Placement => state.Placement;

    /// <summary>Counted from the send of the last renewal that succeeded: the table's lease cannot have run out before.</summary>
    public bool MayStartJobs => HasLease && !isLeaving && !state.IsDraining;

    /// <summary>Whether it was told that it is dead: it beats no more.</summary>
    public bool IsOver => isOver;

    /// <summary>Time until the next beat is due.</summary>
    public TimeSpan UntilNext => Max(TimeSpan.Zero, (isLost ? TryAgain : state.LookIn) - clock.GetElapsedTime(beatAt));

    private bool HasLease => !isOver && Interlocked.Read(ref renewedFrom) is var from && from != long.MinValue && clock.GetElapsedTime(from) < SiloLease.Length;

    /// <summary>Once a second, and whenever something is asked for. Does not throw for a table that is away.</summary>
    public void Beat()
    {
        if (isOver)
            return;
        beatAt = clock.GetTimestamp();
        var asked = TakeAsked();
        try
        {
            if (Renew() && !isOver)
                PassOn(asked);
            if (!isOver)
                Judge();
            Found();
        }
        catch (StoreUnavailableException e)
        {
            Lost(e);
        }
        finally
        {
            asked.Done();
            TellIfJobsChanged();
        }
    }

    /// <summary>The silo is about to end: it starts no more jobs, and its grains move away.</summary>
    public Task LeavingAsync()
    {
        isLeaving = true;
        TellIfJobsChanged();
        return DrainAsync(Self, CancellationToken.None);
    }

    /// <summary>The last call; nobody beats any more.</summary>
    public void Leave()
    {
        var wasDead = isOver;
        isOver = true;
        TakeAsked().Done();
        if (wasDead)
            return;
        try
        {
            table.Leave(Self);
        }
        catch (StoreUnavailableException e)
        {
            LogNotLeft(logger, e.Message);
        }

        TellIfJobsChanged();
    }

    public void Dispose() => leaseEnd.Dispose();

    private bool Renew()
    {
        var sent = clock.GetTimestamp();
        if (table.Renew(Self, load()) is not { } read)
        {
            EndsAsDead();
            return false;
        }

        Interlocked.Exchange(ref renewedFrom, sent);
        leaseEnd.Change(SiloLease.Length - clock.GetElapsedTime(sent), Timeout.InfiniteTimeSpan);
        Exchange(read);
        return true;
    }

    private void PassOn(Asked asked)
    {
        foreach (var silo in asked.Refused)
            table.Refuse(silo, Self);
        var drained = asked.Drains.ConvertAll(drain => (drain.Answer, HasWorked: Find(drain.Name) is { } silo && table.Drain(silo.Id)));
        if (asked.Refused.Count > 0 || drained.Count > 0)
            Exchange(table.Read());
        // Now that the view shows it.
        foreach (var (answer, hasWorked) in drained)
            answer.TrySetResult(hasWorked);
    }

    private void Judge()
    {
        var read = state.Read;
        if (read.Silos.FirstOrDefault(silo => silo.Id == Self) is not { } own || !SiloLease.MayDeclare(own, read.Now))
            return;
        var hasDeclared = false;
        foreach (var silo in read.Silos.Where(silo => silo.Id != Self && SiloLease.IsDead(silo, read)))
        {
            if (!table.DeclareDead(silo.Id, Self))
                continue;
            hasDeclared = true;
            LogDeclared(logger, silo.Silo.Name, silo.Id, (read.Now - silo.RenewedAt).TotalSeconds);
        }

        if (hasDeclared)
            Exchange(table.Read());
    }

    private void Exchange(SiloTableRead read)
    {
        if (!read.Silos.Any(silo => silo.Id == Self))
        {
            EndsAsDead();
            return;
        }

        var before = state;
        state = State.From(read, before, Self);
        if (before.Snapshot.Version == read.Version)
            return;
        LogChange(before.Snapshot, state.Snapshot);
        TellIfJobsChanged(isChanged: true);
    }

    private void EndsAsDead()
    {
        if (isOver)
            return;
        isOver = true;
        toldDead($"The silo {Self} was declared dead, because it did not renew its lease or refused connections; others have taken over from it");
    }

    private void TellIfJobsChanged() => TellIfJobsChanged(isChanged: false);

    private void TellIfJobsChanged(bool isChanged)
    {
        lock (gate)
        {
            var can = MayStartJobs;
            isChanged |= can != couldStartJobs;
            couldStartJobs = can;
        }

        if (isChanged)
            Changed?.Invoke();
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
