using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// The leases of a shard's workers outside, by job, and when the next of them runs out. A lease whose row is on its way counts already, so that
/// nothing is decided against it meanwhile. No I/O.
/// </summary>
internal sealed class OutsideLeases
{
    private readonly Dictionary<JobId, OutsideLease> leases = [];

    // Not TimedJobs: a renewal moves a deadline, and none is left behind for leases that end long before.
    private readonly SortedSet<(long At, JobId Id)> deadlines = [];

    public int Count => leases.Count;

    /// <summary>When the next lease is to be looked at, in ticks; null when there is none.</summary>
    public long? First => deadlines.Count == 0 ? null : deadlines.Min.At;

    public OutsideLease? Find(JobId id) => leases.GetValueOrDefault(id);

    /// <summary>The lease of an attempt that is under way; null when there is none, or it is another's.</summary>
    public OutsideLease? Find(JobId id, int attempt) => leases.TryGetValue(id, out var lease) && lease.Attempt == attempt ? lease : null;

    public void Add(in JobLeaseRow row, RetryPolicy? retry)
    {
        Remove(row.Id);
        leases.Add(row.Id, new OutsideLease(row, retry));
        deadlines.Add((row.Until.UtcTicks, row.Id));
    }

    /// <summary>A renewal is on its way.</summary>
    /// <returns>Its row.</returns>
    public JobLeaseRow Renew(JobId id, DateTimeOffset until)
    {
        var lease = leases[id];
        MoveTo(id, lease, until.UtcTicks);
        lease.Until = until;
        return new JobLeaseRow(id, lease.Attempt, ++lease.Number, lease.StartedAt, until, lease.Worker);
    }

    /// <summary>A row is stored.</summary>
    public void Stored(in JobLeaseRow row)
    {
        if (Find(row.Id, row.Attempt) is { } lease && lease.Stored < row.Until)
            lease.Stored = row.Until;
    }

    /// <summary>A renewal was not stored: the lease runs out when it did before.</summary>
    public void Unrenew(in JobLeaseRow row)
    {
        if (Find(row.Id, row.Attempt) is not { } lease)
            return;
        lease.Until = lease.Stored;
        MoveTo(row.Id, lease, lease.Until.UtcTicks);
    }

    public void Remove(JobId id)
    {
        if (leases.Remove(id, out var lease))
            deadlines.Remove((lease.LookAt, id));
    }

    /// <summary>The next lease that is due; it is due again after <paramref name="again"/> unless it is removed by then.</summary>
    public bool TryTake(long now, TimeSpan again, out JobId id)
    {
        id = default;
        if (First is not { } first || first > now)
            return false;
        id = deadlines.Min.Id;
        MoveTo(id, leases[id], now + again.Ticks);
        return true;
    }

    private void MoveTo(JobId id, OutsideLease lease, long at)
    {
        deadlines.Remove((lease.LookAt, id));
        lease.LookAt = at;
        deadlines.Add((at, id));
    }
}

/// <summary>One lease.</summary>
internal sealed class OutsideLease(in JobLeaseRow row, RetryPolicy? retry)
{
    public readonly int Attempt = row.Attempt;
    public readonly DateTimeOffset StartedAt = row.StartedAt;
    public readonly string Worker = row.Worker;

    /// <summary>The job's own; null: the function's counts.</summary>
    public readonly RetryPolicy? Retry = retry;

    /// <summary>The number of the newest row.</summary>
    public int Number = row.Number;

    public DateTimeOffset Until = row.Until;

    /// <summary>The same, as far as it is stored.</summary>
    public DateTimeOffset Stored = row.Until;

    /// <summary>Its place among the deadlines, in ticks.</summary>
    public long LookAt = row.Until.UtcTicks;
}
