using Hearth.Functions;
using Hearth.Queues;
using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// What bounds the starts of the jobs. A new owner starts none before it knows what runs and what was started: (1) pumps are asked, (2) all open jobs are
/// in memory, (3) stored permits are read. What is not stored because it matters for seconds only, is waited out.
/// </summary>
internal sealed partial class ShardGrain
{
    /// <summary>More keys than that are not handed over: the next owner waits.</summary>
    private const int HandedOverMax = 10_000;

    private static readonly TimeSpan ClosedFor = TimeSpan.FromDays(1);

    private static readonly QueueLimits NoLimits = new();

    private ShardLimits? limits;
    private QueueLimits? wanted;
    private StartsBefore startsBefore = StartsBefore.None;
    private DateTimeOffset takenOverAt;
    private bool isToConfigure;

    /// <summary>By an owner that has told all that it has started; its count is the owner's epoch.</summary>
    private static Guid ClosedScope => Guid.Empty;

    long IShardLimitsHost.Now => store.Now.UtcTicks;

    /// <summary>Other limits, or none. They hold when nothing is being handed out any more, and nothing starts until then.</summary>
    private void Configure(QueueLimits? asked)
    {
        (wanted, isToConfigure) = (asked, asked is not null || breaker is not null || limits is not null);
        ConfigureWhenQuiet();
    }

    void IShardLimitsHost.Ring(FunctionQueue queue) => Ring(queue);

    void IShardLimitsHost.RingAll() => RingAll();

    void IShardLimitsHost.Arm() => ArmTimer();

    void IShardLimitsHost.Store(Guid scope, long at, int count, long keptUntil) =>
        journal.Gathering.Permits.Add(new PermitRow(scope, At(at), count, At(keptUntil)));

    private static DateTimeOffset At(long ticks) => new(Math.Min(ticks, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);

    private void ConfigureWhenQuiet(bool always = false)
    {
        if (!isToConfigure || !isRecovered || limits?.Reserved > 0)
            return;
        isToConfigure = false;
        var own = ShareLimits();
        limits = own is null && breaker is null && !memory.Keys.NeedsLines && !always && limits?.HoldsBack != true
            ? null
            : new ShardLimits(own ?? NoLimits, memory.Keys, startsBefore, limits, this, grants) { Breaker = breaker };
        memory.Use(limits);
        RingAll();
        ((IShardLimitsHost)this).Ask();
        ArmTimer();
    }

    /// <summary>Where a run says so, others wait with it. That is known to this owner alone: the next one finds out anew.</summary>
    private void HoldBack(JobEntry job, in JobResult result)
    {
        if (result.Extras is not { BackOff: not BackOff.Job and var who, Wait: { } wait } || !isRecovered)
            return;
        if (limits is null)
        {
            isToConfigure = true;
            ConfigureWhenQuiet(always: true);
        }

        limits!.HoldBack(who == BackOff.Key ? job : null, (store.Now + wait).UtcTicks);
        UseKeys();
        ArmTimer();
    }

    /// <summary>A key has come up that waits by itself, whatever the limits: all line up by their keys from now on.</summary>
    private void UseKeys()
    {
        if (!memory.Keys.NeedsLines || limits?.IsKeyed == true)
            return;
        isToConfigure = true;
        ConfigureWhenQuiet();
    }

    private async Task<T> ThenConfigureAsync<T>(Task<T> lease)
    {
        try
        {
            return await lease;
        }
        finally
        {
            ConfigureWhenQuiet();
            ReturnUnused();
            if (limits is not null)
                ArmTimer();
        }
    }

    private async Task ReadStartsAsync()
    {
        if ((wanted is null && breaker is null) || claim.Epoch == 1)
            return;
        var rows = await store.PermitsAsync(claim.Number, leaving.Token);
        RestoreBreaker(rows);
        var isClosed = rows.Any(row => row.Scope == ClosedScope && row.Count == ClosedBy(claim.Epoch - 1));
        startsBefore = new StartsBefore(
            rows.Where(row => row.Scope != ClosedScope).Select(row => (row.Scope, row.At.UtcTicks, row.Count)),
            isClosed ? null : takenOverAt.UtcTicks);
    }

    /// <summary>Nothing starts here any more; what was started is told to the next owner.</summary>
    private async Task CloseLimitsAsync()
    {
        // A keeper that has not begun does not know what the one before it has granted.
        if (limits is null || limits.Reserved > 0 || limits.Books > HandedOverMax || keeper is { IsOpen: false })
            return;
        isToConfigure = true;
        limits.Close();
        keeper?.Close();
        var now = store.Now;
        journal.Gathering.Permits.Add(new PermitRow(ClosedScope, now, ClosedBy(claim.Epoch), now + ClosedFor));
        try
        {
            await journal.WriteAsync();
        }
        catch (StoreUnavailableException e)
        {
            LogNotClosed(logger, Key, e);
        }
    }

    private static int ClosedBy(long epoch) => (int)(epoch & int.MaxValue);

    /// <summary>How many may start; the journal may have rows, which go with the next ones.</summary>
    private int RoomFor(int max, byte silo)
    {
        var room = limits!.Room(max, silo);
        if (room == 0)
            _ = journal.WriteAsync();
        return room;
    }

    private JobEntry? TakeSuspect(IReadOnlyCollection<string> functions, byte silo)
    {
        var suspect = memory.Suspects.FirstOrDefault(
            job => !job.IsChanging && functions.Contains(job.Queue.Function) && limits?.MayStartAlone(job, silo) != false);
        if (suspect is not null)
            memory.Unline(suspect);
        _ = journal.WriteAsync();
        return suspect;
    }

    private bool HasReadyWithin(ShardLimits bounds, string function)
    {
        if (memory.QueueOf(function)?.HasOffers == true)
            return RoomFor(1, Holders.Outside) > 0;
        var isReady = memory.Suspects.Any(job => !job.IsChanging && job.Queue.Function == function && bounds.MayStartAlone(job, Holders.Outside));
        _ = journal.WriteAsync();
        return isReady;
    }

    /// <summary>The job was not handed out in the time for which its permits were good; the journal may have a row.</summary>
    private void GiveBackLate(JobEntry job)
    {
        if (job.IsDoubtful)
        {
            // Its start is on record.
            limits!.Release(job);
            NoteReturned(job, store.Now);
            return;
        }

        Unstart(job);
        LineUpFirst([job]);
    }

    /// <summary>Whether a job whose lease is stored goes out: one that was cancelled in the same moment is not worth a start.</summary>
    private bool IsHandedOut(JobEntry job)
    {
        if (job.State != JobState.Running)
        {
            limits?.Release(job);
            return false;
        }

        return limits?.TryHandOut(job) != false || FailLate(job);
    }

    /// <summary>The permits were not good any more when the lease was stored: the attempt counts as handed back.</summary>
    private bool FailLate(JobEntry job)
    {
        limits!.Release(job);
        NoteReturned(job, store.Now);
        _ = journal.WriteAsync();
        return false;
    }

    private void Follow(ReadOnlySpan<PermitRow> permits)
    {
        foreach (ref readonly var row in permits)
        {
            limits?.Stored(row.Scope, row.Count);
            keeper?.Stored(row.Scope, row.Count);
        }
    }

    private void Fail(ReadOnlySpan<PermitRow> permits)
    {
        foreach (ref readonly var row in permits)
        {
            isBreakerUnknown |= row.Scope == BreakerScope;
            limits?.NotStored(row.Scope, row.Count);
            keeper?.NotStored(row.Scope, row.Count);
        }
    }

    /// <summary>A job that names no key may have one in its input.</summary>
    private JobSpec WithKey(JobSpec job)
    {
        if (job.Options is { Key: null, Unique: { Mode: UniqueMode.Latest } } latest)
            return job with { Options = latest with { Key = "latest:" + Convert.ToHexStringLower(UniqueKey.HashOf(job)) } };
        return wanted?.Key is { } path ? JobKeyPath.Named(path, job) : job;
    }

    [LoggerMessage(LogLevel.Information, "Shard {Shard} could not tell its next owner what was started lately; that one waits")]
    private static partial void LogNotClosed(ILogger logger, string shard, Exception error);
}
