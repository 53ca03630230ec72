using System.Runtime.InteropServices;
using System.Text;
using static Hearth.Storage.Sqlite.SqliteNative;

namespace Hearth.Storage.Sqlite;

/// <summary>A connection with its prepared statements; for one thread at a time.</summary>
internal sealed unsafe class SqliteSession : IDisposable
{
    private readonly Dictionary<string, SqliteStatement> statements = [];
    private readonly nint database;
    private readonly int* walPages = (int*)NativeMemory.AllocZeroed(sizeof(int));

    private readonly TimeSpan busyTimeout;

    private SqliteSession(nint database, TimeSpan busyTimeout)
    {
        this.database = database;
        this.busyTimeout = busyTimeout;
    }

    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteSession Open(string path, TimeSpan busyTimeout)
    {
        _ = SqliteLibrary.IsSystem;
        fixed (byte* file = Utf8(path))
        {
            var code = sqlite3_open_v2(file, out var database, OpenReadWrite | OpenCreate | OpenNoMutex, null);
            var session = new SqliteSession(database, busyTimeout);
            try
            {
                session.Check(code);
                session.Check(sqlite3_extended_result_codes(database, 1));
                session.Check(sqlite3_busy_timeout(database, (int)busyTimeout.TotalMilliseconds));
                return session;
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
    }

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Rows that the last INSERT, UPDATE or DELETE changed.</summary>
    public int Changes => sqlite3_changes(database);

    public bool IsInTransaction => sqlite3_get_autocommit(database) == 0;

    /// <summary>Pages in the write-ahead log after the last commit of this session; counted from <see cref="CountWalPages"/> on.</summary>
    public int WalPages => *walPages;

    /// <summary>Counts pages of the write-ahead log, and so does no checkpoints by itself any more.</summary>
    public void CountWalPages() => sqlite3_wal_hook(database, &NoteWalPages, (nint)walPages);

    /// <summary>Runs statements that need no parameters.</summary>
    public void Execute(string sql)
    {
        fixed (byte* text = Utf8(sql))
            Check(sqlite3_exec(database, text, 0, 0, 0));
    }

    /// <summary>The statement, made once for this session. Dispose of it after each use.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (statements.TryGetValue(sql, out var known))
            return known;
        fixed (byte* text = Utf8(sql))
        {
            Check(sqlite3_prepare_v3(database, text, -1, PreparePersistent, out var handle, 0));
            return statements[sql] = new SqliteStatement(this, handle);
        }
    }

    /// <summary>Moves pages of the log into the file, and waits for nobody.</summary>
    /// <returns>How many of the log's pages are in the file now; null when somebody was in the way.</returns>
    public int? Checkpoint(int mode)
    {
        Check(sqlite3_busy_timeout(database, 0));
        var code = sqlite3_wal_checkpoint_v2(database, null, mode, out _, out var done);
        Check(sqlite3_busy_timeout(database, (int)busyTimeout.TotalMilliseconds));
        if ((code & 0xFF) == Busy)
            return null;
        Check(code);
        if (mode == CheckpointTruncate)
            *walPages = 0;
        return done;
    }

    public void Dispose()
    {
        foreach (var statement in statements.Values)
            statement.Close();
        statements.Clear();
        _ = sqlite3_close_v2(database);
        NativeMemory.Free(walPages);
    }

    internal int Step(nint statement)
    {
        Steps++;
        var code = sqlite3_step(statement);
        return code is Row or Done ? code : throw Error(code);
    }

    internal void Check(int code)
    {
        if (code != Ok)
            throw Error(code);
    }

    private SqliteException Error(int code)
    {
        var message = database == 0 ? sqlite3_errstr(code) : sqlite3_errmsg(database);
        return new SqliteException(code, Marshal.PtrToStringUTF8((nint)message) ?? "SQLite error");
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text + '\0');

    [UnmanagedCallersOnly]
    private static int NoteWalPages(nint context, nint database, byte* name, int pages)
    {
        *(int*)context = pages;
        return Ok;
    }
}
