using Hearth.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql.Writing;

/// <summary>Writes that share a commit, merged into columns as they come, so that only sending is left.</summary>
internal sealed class WriteBatch
{
    private readonly Fence fence = new();
    private readonly JobColumns jobs;
    private readonly KeyColumns keys;
    private readonly EndColumns ends;
    private readonly AttemptColumns attempts;
    private readonly NoteColumns notes;
    private readonly LeaseColumns leases;
    private readonly PermitColumns permits;
    private readonly PostColumns posts;
    private readonly Columns[] kinds;
    private readonly (int Rows, long Bytes)[] marks;
    private readonly NpgsqlParameter shards;
    private NpgsqlBatchCommand lockShards = new();
    private NpgsqlBatch command = new();
    private readonly HashSet<int> refused = [];
    private bool hasInboxJobs;

    public WriteBatch()
    {
        kinds =
        [
            jobs = new(fence), keys = new(fence), ends = new(fence), attempts = new(fence), notes = new(fence), leases = new(fence),
            permits = new(fence), posts = new(fence),
        ];
        marks = new (int, long)[kinds.Length];
        shards = Bind.OfMany(fence.Shards, NpgsqlDbType.Integer);
    }

    public List<PendingWrite> Writes { get; } = [];

    public int Rows { get; private set; }

    /// <summary>About what it takes; what the queue was told.</summary>
    public long Bytes { get; private set; }

    /// <summary>What its rows take.</summary>
    public long RowBytes => kinds.Sum(kind => kind.Bytes);

    /// <summary>Statements of the command as it was last made.</summary>
    public int Statements => command.BatchCommands.Count;

    /// <summary>Merges a write.</summary>
    /// <returns>False when the shard is in it under another epoch, which needs a commit of its own.</returns>
    public bool TryAdd(PendingWrite pending)
    {
        var write = pending.Write;
        if (!fence.TryAdd(write.Shard, write.Epoch))
            return false;
        for (var i = 0; i < kinds.Length; i++)
            marks[i] = (kinds[i].Count, kinds[i].Bytes);
        try
        {
            Merge(write);
        }
        catch
        {
            for (var i = 0; i < kinds.Length; i++)
                kinds[i].Truncate(marks[i].Rows, marks[i].Bytes);
            throw;
        }

        Writes.Add(pending);
        Rows += pending.Rows;
        Bytes += pending.Bytes;
        return true;
    }

    /// <summary>One round trip, one implicit transaction.</summary>
    /// <param name="connection">Where to send it.</param>
    /// <param name="again">Whether rows may be there already. Those of the inbox always may.</param>
    public NpgsqlBatch Command(NpgsqlConnection connection, bool again)
    {
        if (command.Connection == connection)
        {
            command.BatchCommands.Clear();
        }
        else
        {
            command = new NpgsqlBatch(connection);
            lockShards.Parameters.Clear();
            lockShards = new NpgsqlBatchCommand(SqlText.LockShards);
            lockShards.Parameters.Add(shards);
        }

        command.BatchCommands.Add(lockShards);
        foreach (var kind in kinds)
        {
            if (kind.Count > 0)
                command.BatchCommands.Add(kind.Command(connection, again || (hasInboxJobs && kind == jobs)));
        }

        return command;
    }

    /// <summary>The stored epochs, as the statements of this batch saw them.</summary>
    /// <returns>Shards of this batch that have another epoch, or are not there at all.</returns>
    public IReadOnlySet<int> Refused(List<(int Shard, long Epoch)> stored)
    {
        refused.Clear();
        foreach (var shard in fence.Shards)
            refused.Add(shard);
        foreach (var (shard, epoch) in stored)
        {
            if (fence.Holds(shard, epoch))
                refused.Remove(shard);
        }

        return refused;
    }

    public void Clear()
    {
        fence.Clear();
        foreach (var kind in kinds)
            kind.Truncate(0, 0);
        Writes.Clear();
        Rows = 0;
        Bytes = 0;
        hasInboxJobs = false;
    }

    private void Merge(ShardWrite write)
    {
        var shard = write.Shard;
        foreach (ref readonly var row in write.Jobs.Span)
        {
            jobs.Add(shard, row.Id, row.Spec);
            hasInboxJobs |= row.Id.Counter >= JobId.CounterEnd;
        }

        foreach (ref readonly var row in write.Keys.Span)
            keys.Add(shard, row);
        foreach (ref readonly var row in write.Ends.Span)
            ends.Add(shard, row);
        foreach (ref readonly var row in write.Attempts.Span)
            attempts.Add(shard, row);
        foreach (ref readonly var row in write.Notes.Span)
            notes.Add(shard, row);
        foreach (ref readonly var row in write.Leases.Span)
            leases.Add(shard, row);
        foreach (ref readonly var row in write.Permits.Span)
            permits.Add(shard, row);
        foreach (ref readonly var row in write.Posts.Span)
            posts.Add(shard, row);
    }
}
