namespace Hearth.Storage.Sqlite;

/// <summary>Which shards may have something new in their inbox. All submissions pass through this process, so memory is enough.</summary>
internal sealed class SqliteInboxBell
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, long> rung = [];
    private TaskCompletionSource next = New();
    private long count;

    /// <summary>Completes at the next ring.</summary>
    public Task Next
    {
        get
        {
            lock (gate)
                return next.Task;
        }
    }

    public void Ring(int shard)
    {
        lock (gate)
        {
            rung[shard] = ++count;
            next.TrySetResult();
            next = New();
        }
    }

    /// <summary>Shards that rang and were not read to the end since.</summary>
    public IReadOnlyList<int> Pending()
    {
        lock (gate)
            return [.. rung.Keys];
    }

    /// <summary>The last ring of a shard; to be taken before its inbox is read.</summary>
    public long Last(int shard)
    {
        lock (gate)
            return rung.GetValueOrDefault(shard);
    }

    /// <summary>The inbox was read to its end, if it did not ring meanwhile.</summary>
    public void Answered(int shard, long last)
    {
        lock (gate)
        {
            if (rung.GetValueOrDefault(shard) == last)
                rung.Remove(shard);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
