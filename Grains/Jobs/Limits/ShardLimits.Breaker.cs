namespace Hearth.Jobs;

/// <summary>What holds back jobs besides limits: what runs have asked for, and a circuit breaker.</summary>
internal sealed partial class ShardLimits
{
    private long heldBackUntil;
    private long heldBackSince;

    /// <summary>Opens and closes by how attempts went; null: the queue has none.</summary>
    public CircuitBreaker? Breaker { get; init; }

    /// <summary>Whether all jobs wait because a run has asked for it.</summary>
    public bool HoldsBack => heldBackUntil > Now;

    /// <summary>Nothing starts before a time: of the queue, or of a job's key.</summary>
    public void HoldBack(JobEntry? ofKey, long until)
    {
        var now = Now;
        if (ofKey is not null)
        {
            keys.HoldBack(GroupOf(ofKey), now, until);
            return;
        }

        if (heldBackUntil <= now)
            heldBackSince = now;
        heldBackUntil = Math.Max(heldBackUntil, until);
    }

    /// <summary>An attempt has succeeded or failed.</summary>
    /// <returns>Whether the breaker was opened or closed by it.</returns>
    public bool Judge(JobEntry job, bool failed)
    {
        if (Breaker?.Judge(job.Id, job.StartedAt, failed, Now) != true)
            return false;
        if (Breaker.OpenUntil == 0)
            Freed();
        return true;
    }

    /// <summary>Nobody waits any more but for limits.</summary>
    public void EndBackOff()
    {
        var now = Now;
        heldBackUntil = 0;
        foreach (var group in Groups.Where(group => group.HeldUntil > 0).ToList())
        {
            group.HeldUntil = 0;
            Wake(group, now);
        }

        Breaker?.Close(now);
        isHeld = true;
        Freed();
    }

    /// <summary>Null: nothing is held back, and there is no breaker.</summary>
    public ShardHolds? Show()
    {
        var now = Now;
        var held = Groups.Where(group => group.HeldUntil > now).OrderByDescending(group => group.HeldUntil).ToList();
        return heldBackUntil <= now && held.Count == 0 && Breaker is null
            ? null
            : new ShardHolds(
                heldBackUntil > now ? Held(null, heldBackUntil, heldBackSince) : null,
                [.. held.Take(ShardHolds.KeysMax).Select(group => Held(group.Key, group.HeldUntil, group.HeldSince))], held.Count, Breaker?.Show(now));
    }

    private static HeldBack Held(string? key, long until, long since) => new(key, new DateTimeOffset(until, TimeSpan.Zero), new DateTimeOffset(since, TimeSpan.Zero));

    private bool IsHeldBack()
    {
        if (heldBackUntil > Now)
        {
            HoldUntil(heldBackUntil);
            return true;
        }

        heldBackUntil = 0;
        return false;
    }

    private int BreakerRoom(CircuitBreaker breaker)
    {
        var now = Now;
        if (breaker.StateAt(now) == BreakerState.Open)
            HoldUntil(breaker.OpenUntil);
        return breaker.Room(now);
    }
}
