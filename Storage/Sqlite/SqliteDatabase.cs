namespace Hearth.Storage.Sqlite;

/// <summary>
/// One SQLite file: WAL, <c>synchronous=FULL</c>, one process, one writer. Writes of many callers share a commit: what is queued while a
/// commit is under way goes into the next one, and each caller is answered after it. Reads use connections of their own.
/// </summary>
/// <remarks>
/// Not mapped into memory (<c>mmap_size</c>): an I/O error would then end the process instead of failing a call.
/// </remarks>
public sealed class SqliteDatabase : IAsyncDisposable
{
    private readonly SqliteWriter writer;
    private readonly SqliteReaders readers;

    private SqliteDatabase(string path, SqliteSession session, SqliteLimits limits)
    {
        writer = new SqliteWriter(session, limits);
        readers = new SqliteReaders(path, limits);
    }

    /// <summary>Opens the file, making it and its tables where they are not there.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be opened or written; the message says why and what to do.</exception>
    public static SqliteDatabase Open(string path) => Open(path, new SqliteLimits());

    internal static SqliteDatabase Open(string path, SqliteLimits limits)
    {
        SqliteSession? session = null;
        try
        {
            session = SqliteSession.Open(path, limits.BusyTimeout);
            // 8 KiB: of 4, 8 and 16 the least work per row, and the log grows by whole pages even for one small job.
            session.Execute(
                """
                PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864;
                PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;
                """);
            session.CountWalPages();
            SqliteMigrations.Apply(session);
            Probe(session);
            return new SqliteDatabase(path, session, limits);
        }
        catch (SqliteException e)
        {
            session?.Dispose();
            throw new StoreUnavailableException($"The database {path} cannot be opened: {e.Message}", e);
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    /// <summary>What was written since it was opened.</summary>
    public StoreCounters Counters => writer.Counters;

    /// <summary>For tests.</summary>
    internal SqliteWriter Writer => writer;

    public async ValueTask DisposeAsync()
    {
        // The writer goes last: who closes last may fold the log, and that is its work.
        readers.Dispose();
        await writer.CloseAsync();
    }

    /// <summary>Queues a write; completes after the commit that holds it. The order of calls is the order of commits.</summary>
    internal Task<T> WriteAsync<T>(Func<SqliteTransaction, T> statements, long bytes = 0)
    {
        var write = new SqliteWrite<T>(statements, bytes);
        Write(write);
        return write.Task;
    }

    /// <summary>Queues a write, which is told what became of it.</summary>
    internal void Write(SqliteWrite write)
    {
        if (writer.Add(write) is { } refusal)
            write.Fail(refusal);
    }

    /// <summary>Runs a read on a thread of the pool.</summary>
    internal Task<T> ReadAsync<T>(Func<SqliteSession, T> statements, CancellationToken cancellationToken = default) =>
        readers.RunAsync(statements, cancellationToken);

    /// <summary>Reads a row of every table: a damaged file is better told now than by the first call that needs it.</summary>
    private static void Probe(SqliteSession session)
    {
        var tables = new List<string>();
        using (var names = session.Prepare("SELECT name FROM sqlite_master WHERE type = 'table'"))
        {
            while (names.Read())
                tables.Add(names.Text(0));
        }

        foreach (var table in tables)
            session.Execute($"SELECT * FROM \"{table}\" LIMIT 1");
    }
}
