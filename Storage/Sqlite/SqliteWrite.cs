using System.Diagnostics;

namespace Hearth.Storage.Sqlite;

/// <summary>Something to write, together with others in one commit. Everything runs on the writer's thread.</summary>
internal abstract class SqliteWrite
{
    /// <summary>Rows, about; a commit holds so many.</summary>
    public virtual int Rows => 1;

    /// <summary>Payload bytes, about.</summary>
    public virtual long Bytes => 0;

    /// <summary>Runs the statements. Runs again, in a new transaction, when a neighbour failed or the commit's outcome was unknown.</summary>
    public abstract void Run(SqliteTransaction transaction);

    /// <summary>It is committed.</summary>
    public abstract void Succeed();

    /// <summary>It is not, or (<see cref="OutcomeUnknownException"/>) perhaps.</summary>
    public abstract void Fail(Exception error);
}

/// <summary>A write that is a function.</summary>
internal sealed class SqliteWrite<T>(Func<SqliteTransaction, T> statements, long bytes) : SqliteWrite
{
    private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T result = default!;

    public override long Bytes => bytes;

    public Task<T> Task => done.Task;

    public override void Run(SqliteTransaction transaction) => result = statements(transaction);

    public override void Succeed() => done.SetResult(result);

    public override void Fail(Exception error) => done.SetException(error);
}

/// <summary>What the writes of one commit share.</summary>
internal sealed class SqliteTransaction(SqliteSession session)
{
    private readonly Dictionary<int, long> epochs = [];

    /// <summary>The writer's connection.</summary>
    public SqliteSession Session => session;

    /// <summary>The shard's epoch, 0 if there is no such shard. Read once: nobody else writes until this transaction ends.</summary>
    public long EpochOf(int shard)
    {
        if (epochs.TryGetValue(shard, out var known))
            return known;
        using var statement = session.Prepare("SELECT epoch FROM shard WHERE number = ?").Bind(1, shard);
        return epochs[shard] = statement.Read() ? statement.Long(0) : 0;
    }

    /// <summary>A claim raised it.</summary>
    public void SetEpoch(int shard, long epoch) => epochs[shard] = epoch;

    public void Begin()
    {
        Debug.Assert(!session.IsInTransaction);
        epochs.Clear();
        session.Prepare("BEGIN IMMEDIATE").Run();
    }

    public void Commit() => session.Prepare("COMMIT").Run();

    public void RollBack()
    {
        // SQLite may have rolled back by itself (full disk, I/O error).
        if (session.IsInTransaction)
            session.Prepare("ROLLBACK").Run();
    }
}
