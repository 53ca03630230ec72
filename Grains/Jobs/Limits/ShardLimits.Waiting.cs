namespace Hearth.Jobs;

/// <summary>Those who were refused, and when they are looked at again: a key by itself, all others together.</summary>
internal sealed partial class ShardLimits
{
    /// <summary>Outdated entries that do not matter.</summary>
    private const int WakesSpare = 4_096;

    private readonly PriorityQueue<KeyGroup, long> wakes = new();
    private bool isHeld;
    private long heldUntil = long.MaxValue;

    /// <summary>When it wants to be called; <see cref="long.MaxValue"/>: not by itself.</summary>
    public long NextTime => Math.Min(Math.Min(heldUntil, grants?.NextTime ?? long.MaxValue), wakes.TryPeek(out _, out var at) ? at : long.MaxValue);

    /// <summary>There are starts for those who were refused.</summary>
    public void Granted() => Freed();

    /// <summary>What is due at a time.</summary>
    public void Tick()
    {
        var now = Now;
        grants?.Tick(now);
        Ask();
        while (wakes.TryPeek(out var group, out var at) && at <= now)
        {
            wakes.Dequeue();
            if (at == group.WakeAt)
                Wake(group, now);
        }

        if (heldUntil > now)
            return;
        heldUntil = long.MaxValue;
        isHeld = true;
        Freed();
    }

    /// <summary>A key is at a limit: it is looked at again when that may have ended.</summary>
    public void Park(KeyGroup group, long now)
    {
        group.IsParked = true;
        if (group.HeldUntil > now)
        {
            Schedule(group, group.HeldUntil);
            return;
        }

        if (!HasKeyRates || BookOf(group, now).Room(now) > 0)
            return;
        TakeBlocks(group.Book!, group, now);
        Schedule(group, group.Book!.RoomAt(now));
    }

    /// <summary>The last job of a key has ended.</summary>
    public void Left(KeyGroup group)
    {
        if (group.Open == 0 && (group.Book is not null || group.HeldUntil > 0))
            Schedule(group, Math.Max(Now + (group.Book?.Horizon ?? 0), group.HeldUntil));
    }

    private void Wake(KeyGroup group, long now)
    {
        group.WakeAt = long.MaxValue;
        if (group.HeldUntil <= now)
            group.HeldUntil = 0;
        if (group.IsParked)
            Recheck(group, now);
        if (group.Open > 0 || group.Key is null)
            return;
        if (group is { Running: 0, HeldUntil: 0 } && group.Book?.IsOver(now) != false)
        {
            group.Book = null;
            keys.Drop(group);
        }
        else
        {
            Left(group);
        }
    }

    private void Recheck(KeyGroup group, long now)
    {
        if (!MayStart(group, now))
        {
            Park(group, now);
            return;
        }

        group.IsParked = false;
        foreach (var line in group.Lines)
        {
            line.Queue.Return(line);
            host.Ring(line.Queue);
        }

        Freed();
    }

    private void LookAgain(JobEntry job, long now)
    {
        if (isHeld && book is not null && book.Room(now) == 0)
            HoldUntil(book.RoomAt(now));
        if (HasKeyRates && GroupOf(job) is { IsParked: true } group)
            Recheck(group, now);
    }

    private void Freed()
    {
        if (!isHeld)
            return;
        isHeld = false;
        host.RingAll();
    }

    /// <summary>Who was refused is rung for then. Where nothing else happens, nobody else would look at the time.</summary>
    private void HoldUntil(long at)
    {
        if (at == heldUntil)
            return;
        heldUntil = at;
        host.Arm();
    }

    private void Schedule(KeyGroup group, long at)
    {
        if (at >= group.WakeAt)
            return;
        group.WakeAt = at;
        wakes.Enqueue(group, at);
        if (wakes.Count > (2 * keys.Count) + WakesSpare)
            ForgetOutdatedWakes();
        host.Arm();
    }

    private void ForgetOutdatedWakes()
    {
        var current = wakes.UnorderedItems.Where(wake => wake.Priority == wake.Element.WakeAt).DistinctBy(wake => wake.Element).ToList();
        wakes.Clear();
        wakes.EnqueueRange(current);
    }
}
