using System.Globalization;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Hearth.Storage.Sqlite;

/// <summary>
/// One SQLite file: WAL, <c>synchronous=FULL</c>, one process, one writer. Writes of many callers share a commit: what is queued while a
/// commit is under way goes into the next one, and each caller is answered after it. Reads use connections of their own.
/// </summary>
public sealed class SqliteDatabase : IAsyncDisposable
{
    private const int BatchMax = 1_000;
    private const int QueuedMax = 100_000;

    private readonly Channel<Write> queue = Channel.CreateBounded<Write>(
        new BoundedChannelOptions(QueuedMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly string connectionString;
    private readonly SqliteConnection writer;
    private readonly Task loop;

    private SqliteDatabase(string connectionString, SqliteConnection writer)
    {
        this.connectionString = connectionString;
        this.writer = writer;
        loop = Task.Run(WriteLoopAsync);
    }

    /// <summary>Opens the file, making it and its tables where they are not there.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be opened or written; the message says why and what to do.</exception>
    public static SqliteDatabase Open(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        var connectionString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWriteCreate }.ToString();
        var writer = new SqliteConnection(connectionString);
        try
        {
            writer.Open();
            Execute(writer, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            SqliteMigrations.Apply(writer);
            Probe(writer);
            return new SqliteDatabase(connectionString, writer);
        }
        catch (SqliteException e)
        {
            writer.Dispose();
            throw new StoreUnavailableException($"The database {path} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Reads a row of every table: a damaged file is better told now than by the first call that needs it.</summary>
    private static void Probe(SqliteConnection connection)
    {
        var tables = new List<string>();
        using (var command = Command(connection, "SELECT name FROM sqlite_master WHERE type = 'table'"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
                tables.Add(reader.GetString(0));
        }

        foreach (var table in tables)
        {
            using var command = Command(connection, $"SELECT * FROM \"{table}\" LIMIT 1");
            using var reader = command.ExecuteReader();
            reader.Read();
        }
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await loop;
        await writer.DisposeAsync();
        SqliteConnection.ClearPool(new SqliteConnection(connectionString));
    }

    /// <summary>Queues a write; completes after the commit that holds it.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> statements)
    {
        var write = new Write<T>(statements);
        if (!queue.Writer.TryWrite(write))
        {
            throw new StoreUnavailableException(
                queue.Reader.Completion.IsCompleted ? "The store is closed." : $"{QueuedMax} writes are waiting already.");
        }

        return await write.Task;
    }

    /// <summary>Runs a read on a thread of its own, on a consistent snapshot.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> statements) => Task.Run(() =>
    {
        try
        {
            using var connection = new SqliteConnection(connectionString);
            connection.Open();
            return statements(connection);
        }
        catch (SqliteException e)
        {
            throw new StoreUnavailableException("The database cannot be read: " + e.Message, e);
        }
    });

    internal static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    internal static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private async Task WriteLoopAsync()
    {
        var batch = new List<Write>(BatchMax);
        while (await queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < BatchMax && queue.Reader.TryRead(out var write))
                batch.Add(write);
            Commit(batch);
            batch.Clear();
        }
    }

    private void Commit(List<Write> batch)
    {
        try
        {
            Execute(writer, "BEGIN IMMEDIATE");
            foreach (var write in batch)
                write.Run(writer);
            Execute(writer, "COMMIT");
        }
        catch (Exception e) when (batch.Count > 1 && IsOfOneWrite(e))
        {
            // One write's own mistake must not fail its neighbours.
            RollBack();
            foreach (var write in batch)
                Commit([write]);
            return;
        }
        catch (Exception e)
        {
            RollBack();
            var error = new StoreUnavailableException("The database cannot be written: " + e.Message, e);
            foreach (var write in batch)
                write.Fail(error);
            return;
        }

        foreach (var write in batch)
            write.Succeed();
    }

    private static bool IsOfOneWrite(Exception e) => e is not SqliteException || e is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT };

    private void RollBack()
    {
        try
        {
            Execute(writer, "ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself (full disk, I/O error): there is no transaction left to end.
        }
    }

    internal static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    internal static DateTimeOffset Time(object value) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(value, CultureInfo.InvariantCulture));

    private abstract class Write
    {
        public abstract void Run(SqliteConnection connection);

        public abstract void Succeed();

        public abstract void Fail(Exception error);
    }

    private sealed class Write<T>(Func<SqliteConnection, T> statements) : Write
    {
        private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T result = default!;

        public Task<T> Task => done.Task;

        public override void Run(SqliteConnection connection) => result = statements(connection);

        public override void Succeed() => done.SetResult(result);

        public override void Fail(Exception error) => done.SetException(error);
    }
}
