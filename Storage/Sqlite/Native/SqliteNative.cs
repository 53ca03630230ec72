using System.Runtime.InteropServices;

namespace Hearth.Storage.Sqlite;

/// <summary>The part of SQLite's C interface that is used (sqlite.org/c3ref). What may do I/O lets the garbage collector run meanwhile.</summary>
internal static unsafe partial class SqliteNative
{
    /// <summary>Resolved by <see cref="SqliteLibrary"/>.</summary>
    public const string Library = "e_sqlite3";

    public const int Ok = 0;
    public const int Busy = 5;
    public const int IoError = 10;
    public const int Full = 13;
    public const int Constraint = 19;
    public const int TooBig = 18;
    public const int Mismatch = 20;
    public const int Range = 25;
    public const int Row = 100;
    public const int Done = 101;

    public const int OpenReadWrite = 0x2;
    public const int OpenCreate = 0x4;
    public const int OpenNoMutex = 0x8000;

    public const int PreparePersistent = 1;

    public const int CheckpointPassive = 0;
    public const int CheckpointTruncate = 3;

    /// <summary>The value outlives the statement's run.</summary>
    public const nint Static = 0;

    /// <summary>SQLite takes a copy.</summary>
    public const nint Transient = -1;

    [LibraryImport(Library)]
    public static partial int sqlite3_open_v2(byte* file, out nint database, int flags, byte* vfs);

    [LibraryImport(Library)]
    public static partial int sqlite3_close_v2(nint database);

    [LibraryImport(Library)]
    public static partial int sqlite3_extended_result_codes(nint database, int on);

    [LibraryImport(Library)]
    public static partial int sqlite3_busy_timeout(nint database, int milliseconds);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_errmsg(nint database);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_errstr(int code);

    [LibraryImport(Library)]
    public static partial int sqlite3_exec(nint database, byte* sql, nint callback, nint context, nint error);

    [LibraryImport(Library)]
    public static partial int sqlite3_prepare_v3(nint database, byte* sql, int length, uint flags, out nint statement, nint tail);

    [LibraryImport(Library)]
    public static partial int sqlite3_step(nint statement);

    [LibraryImport(Library)]
    public static partial int sqlite3_reset(nint statement);

    [LibraryImport(Library)]
    public static partial int sqlite3_finalize(nint statement);

    [LibraryImport(Library)]
    public static partial int sqlite3_wal_checkpoint_v2(nint database, byte* name, int mode, out int pages, out int done);

    [LibraryImport(Library)]
    public static partial nint sqlite3_wal_hook(nint database, delegate* unmanaged<nint, nint, byte*, int, int> hook, nint context);

    [LibraryImport(Library)]
    public static partial int sqlite3_changes(nint database);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int sqlite3_get_autocommit(nint database);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int sqlite3_bind_int64(nint statement, int index, long value);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int sqlite3_bind_null(nint statement, int index);

    [LibraryImport(Library)]
    public static partial int sqlite3_bind_blob(nint statement, int index, byte* value, int length, nint destructor);

    [LibraryImport(Library)]
    public static partial int sqlite3_bind_text(nint statement, int index, byte* value, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_blob"), SuppressGCTransition]
    public static partial int BindBlobInPlace(nint statement, int index, byte* value, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text"), SuppressGCTransition]
    public static partial int BindTextInPlace(nint statement, int index, byte* value, int length, nint destructor);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial long sqlite3_column_int64(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial int sqlite3_column_type(nint statement, int column);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_column_blob(nint statement, int column);

    [LibraryImport(Library)]
    public static partial byte* sqlite3_column_text(nint statement, int column);

    [LibraryImport(Library)]
    public static partial int sqlite3_column_bytes(nint statement, int column);
}
