using Hearth.Storage;
using Hearth.Storage.Sqlite;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.Sqlite;

/// <summary>The file: opened or refused, its schema, its log.</summary>
public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Path => folder["hearth.db"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_that_is_no_database_is_refused_by_name()
    {
        File.WriteAllText(Path, string.Concat(Enumerable.Repeat("This is not a database. ", 1_000)));
        var error = Assert.Throws<StoreUnavailableException>(() => SqliteDatabase.Open(Path));
        Assert.Contains(Path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_refused_by_name() =>
        Assert.Contains("nowhere", Assert.Throws<StoreUnavailableException>(() => SqliteDatabase.Open(folder["nowhere/x.db"])).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_damaged_table_is_told_at_the_start()
    {
        await SqliteDatabase.Open(Path).DisposeAsync();
        await using (var file = File.OpenWrite(Path))
        {
            file.Position = 8_192;
            await file.WriteAsync(Enumerable.Repeat((byte)0xA5, (int)file.Length - 8_192).ToArray());
        }

        Assert.Throws<StoreUnavailableException>(() => SqliteDatabase.Open(Path));
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await SqliteDatabase.Open(Path).DisposeAsync();
        using (var session = SqliteSession.Open(Path, TimeSpan.Zero))
            session.Execute($"PRAGMA user_version={SqliteMigrations.Newest + 1}");
        var error = Assert.Throws<StoreUnavailableException>(() => SqliteDatabase.Open(Path));
        Assert.Contains($"schema {SqliteMigrations.Newest + 1}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_printed_script_makes_the_schema_that_opening_does()
    {
        await SqliteDatabase.Open(Path).DisposeAsync();
        using (var byHand = SqliteSession.Open(folder["by-hand.db"], TimeSpan.Zero))
            byHand.Execute(SqliteMigrations.Script());
        await SqliteDatabase.Open(folder["by-hand.db"]).DisposeAsync();
        Assert.Equal(Schema(Path), Schema(folder["by-hand.db"]));
    }

    [Fact]
    public async Task Every_commit_is_synced()
    {
        await using var database = SqliteDatabase.Open(Path);
        Assert.Equal((2, "wal"), await database.WriteAsync(t => (Pragma(t.Session, "synchronous", r => r.Int(0)), Pragma(t.Session, "journal_mode", r => r.Text(0)))));
    }

    [Fact]
    public async Task Readers_cannot_write()
    {
        await using var database = SqliteDatabase.Open(Path);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => database.ReadAsync(session =>
        {
            session.Execute("INSERT INTO grain_state (grain, name, payload, etag, updated_at) VALUES ('g', 'n', x'', 'e', 0)");
            return true;
        }));
        Assert.Equal(0, await CountAsync(database));
    }

    [Fact]
    public async Task Closing_writes_what_was_queued_and_leaves_one_file()
    {
        var database = SqliteDatabase.Open(Path);
        using var busy = new ManualResetEventSlim();
        var blocked = database.WriteAsync(_ => Wait(busy));
        var queued = Enumerable.Range(0, 50).Select(i => AddAsync(database, i)).ToList();
        var closed = database.DisposeAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => AddAsync(database, 99));
        busy.Set();
        await closed;
        await Task.WhenAll(queued);
        Assert.Equal([Path], Directory.GetFiles(folder.Path));
        await using var again = SqliteDatabase.Open(Path);
        Assert.Equal(50, await CountAsync(again));
    }

    [Fact]
    public async Task Too_many_writes_are_refused_and_those_that_wait_are_made()
    {
        await using var database = SqliteDatabase.Open(Path, new SqliteLimits { QueuedMax = 10 });
        using var busy = new ManualResetEventSlim();
        var blocked = await BlockAsync(database, busy);
        var queued = Enumerable.Range(0, 10).Select(i => AddAsync(database, i)).ToList();
        var refused = AddAsync(database, 10);
        busy.Set();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => refused);
        await Task.WhenAll(queued.Append(blocked));
        await AddAsync(database, 10);
        Assert.Equal(11, await CountAsync(database));
    }

    [Fact]
    public async Task Too_many_bytes_are_refused_but_for_a_single_write()
    {
        await using var database = SqliteDatabase.Open(Path, new SqliteLimits { QueuedBytesMax = 1_000 });
        await AddAsync(database, 0, bytes: 5_000);
        using var busy = new ManualResetEventSlim();
        var blocked = await BlockAsync(database, busy);
        var queued = AddAsync(database, 1, bytes: 700);
        var refused = AddAsync(database, 2, bytes: 700);
        busy.Set();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => refused);
        await Task.WhenAll(queued, blocked);
        await AddAsync(database, 2, bytes: 700);
        Assert.Equal(3, await CountAsync(database));
    }

    [Fact]
    public async Task The_log_does_not_grow_while_there_is_always_somebody_who_reads()
    {
        var limits = new SqliteLimits { FoldAfterPages = 20, TruncateAfterPages = 100, TruncateWait = TimeSpan.FromSeconds(20) };
        await using var database = SqliteDatabase.Open(Path, limits);
        using var enough = new CancellationTokenSource();
        var reading = Task.Run(() => ReadInRelayAsync(enough.Token));
        for (var i = 0; i < 200; i++)
            await AddAsync(database, i);
        await enough.CancelAsync();
        await reading;
        Assert.InRange(new FileInfo(Path + "-wal").Length, 0, 2L * limits.TruncateAfterPages * 8_192);
    }

    [Fact]
    public async Task The_log_shrinks_once_a_long_reader_has_left()
    {
        var limits = new SqliteLimits { FoldAfterPages = 20, TruncateAfterPages = 100, TruncateWait = TimeSpan.FromMilliseconds(1) };
        await using var database = SqliteDatabase.Open(Path, limits);
        using var reader = SqliteSession.Open(Path, TimeSpan.Zero);
        reader.Execute("BEGIN; SELECT * FROM grain_state;");
        for (var i = 0; i < 300; i++)
            await AddAsync(database, i);
        Assert.True(await database.WriteAsync(t => t.Session.WalPages) > 2 * limits.TruncateAfterPages);
        reader.Execute("COMMIT");
        for (var i = 0; i < 50; i++)
            await AddAsync(database, 1_000 + i);
        Assert.InRange(await database.WriteAsync(t => t.Session.WalPages), 0, limits.TruncateAfterPages);
    }

    [Fact]
    public async Task An_idle_log_is_folded_into_the_file()
    {
        await using var database = SqliteDatabase.Open(Path, new SqliteLimits { IdleAfter = TimeSpan.FromMilliseconds(20) });
        var before = new FileInfo(Path).Length;
        for (var i = 0; i < 300; i++)
            await AddAsync(database, i);
        for (var tries = 0; tries < 500 && new FileInfo(Path).Length == before; tries++)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        Assert.True(new FileInfo(Path).Length > before);
    }

    [Fact]
    public void The_library_is_the_newer_of_two()
    {
        Assert.True(Version.Parse(SqliteLibrary.Version) >= new Version(3, 35, 0));
        Assert.True(!SqliteLibrary.IsSystem || OperatingSystem.IsLinux());
    }

    /// <summary>Each reader leaves after the next has come.</summary>
    private async Task ReadInRelayAsync(CancellationToken cancellationToken)
    {
        using var first = SqliteSession.Open(Path, TimeSpan.FromSeconds(5));
        using var second = SqliteSession.Open(Path, TimeSpan.FromSeconds(5));
        first.Execute("BEGIN; SELECT * FROM grain_state LIMIT 1;");
        for (var (reader, next) = (first, second); !cancellationToken.IsCancellationRequested; (reader, next) = (next, reader))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(3), TimeProvider.System, CancellationToken.None);
            next.Execute("BEGIN; SELECT * FROM grain_state LIMIT 1;");
            await Task.Delay(TimeSpan.FromMilliseconds(3), TimeProvider.System, CancellationToken.None);
            reader.Execute("COMMIT");
        }
    }

    private static bool Wait(ManualResetEventSlim signal)
    {
        signal.Wait();
        return true;
    }

    /// <summary>Returns when the writer is at work and takes nothing more until the signal.</summary>
    private static async Task<Task<bool>> BlockAsync(SqliteDatabase database, ManualResetEventSlim signal)
    {
        var begun = new TaskCompletionSource();
        var blocked = database.WriteAsync(_ =>
        {
            begun.TrySetResult();
            return Wait(signal);
        });
        await begun.Task;
        return blocked;
    }

    private static Task<bool> AddAsync(SqliteDatabase database, int number, int bytes = 3_000) => database.WriteAsync(
        transaction =>
        {
            transaction.Session.Prepare("INSERT INTO grain_state (grain, name, payload, etag, updated_at) VALUES (?, 'n', ?, 'e', 0)").Bind(1, $"g{number}").RunWith(2, new byte[bytes]);
            return true;
        },
        bytes);

    private static Task<int> CountAsync(SqliteDatabase database) => database.ReadAsync(session =>
    {
        using var row = session.Prepare("SELECT count(*) FROM grain_state");
        row.Read();
        return row.Int(0);
    });

    private static T Pragma<T>(SqliteSession session, string name, Func<SqliteStatement, T> read)
    {
        using var row = session.Prepare($"PRAGMA {name}");
        row.Read();
        return read(row);
    }

    private static string Schema(string path)
    {
        using var session = SqliteSession.Open(path, TimeSpan.Zero);
        var parts = new List<string> { Pragma(session, "user_version", r => r.Text(0)) };
        using var row = session.Prepare("SELECT name, sql FROM sqlite_master ORDER BY name");
        while (row.Read())
            parts.Add(row.Text(0) + row.TextOrNull(1));
        return string.Join('\n', parts);
    }
}
