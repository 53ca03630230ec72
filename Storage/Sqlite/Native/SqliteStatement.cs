using System.Text;
using Hearth.Jobs;
using static Hearth.Storage.Sqlite.SqliteNative;

namespace Hearth.Storage.Sqlite;

/// <summary>
/// A prepared statement of a session: bind, step, read, <see cref="Dispose"/>, which makes it ready for the next use. Small values are
/// written into a buffer that does not move, so that SQLite need not copy them.
/// </summary>
internal sealed unsafe class SqliteStatement(SqliteSession session, nint handle) : IDisposable
{
    private const int Null = 5;

    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>(2_048, pinned: true);
    private int used;

    public SqliteStatement Bind(int index, long value)
    {
        session.Check(sqlite3_bind_int64(handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, long? value)
    {
        if (value is { } known)
            return Bind(index, known);
        session.Check(sqlite3_bind_null(handle, index));
        return this;
    }

    public SqliteStatement Bind(int index, DateTimeOffset time) => Bind(index, StoredTime.ToMicroseconds(time));

    public SqliteStatement Bind(int index, DateTimeOffset? time) =>
        Bind(index, time is { } known ? StoredTime.ToMicroseconds(known) : (long?)null);

    public SqliteStatement Bind(int index, JobId id)
    {
        var place = Reserve(16);
        id.Write(new Span<byte>(place, 16));
        session.Check(BindBlobInPlace(handle, index, place, 16, Static));
        return this;
    }

    public SqliteStatement Bind(int index, string? text)
    {
        if (text is null)
        {
            session.Check(sqlite3_bind_null(handle, index));
            return this;
        }

        if (Encoding.UTF8.GetMaxByteCount(text.Length) <= buffer.Length - used)
        {
            var place = Reserve(0);
            var length = Encoding.UTF8.GetBytes(text, buffer.AsSpan(used));
            used += length;
            session.Check(BindTextInPlace(handle, index, place, length, Static));
            return this;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* place = bytes)
            session.Check(sqlite3_bind_text(handle, index, place, bytes.Length, Transient));
        return this;
    }

    /// <summary>Binds a copy.</summary>
    public SqliteStatement Bind(int index, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* place = bytes)
            session.Check(sqlite3_bind_blob(handle, index, bytes.IsEmpty ? Reserve(0) : place, bytes.Length, Transient));
        return this;
    }

    /// <summary>Runs the statement to its end with a payload that is not copied.</summary>
    public void RunWith(int index, ReadOnlySpan<byte> payload)
    {
        fixed (byte* place = payload)
        {
            // A null pointer would be NULL, not an empty blob.
            session.Check(BindBlobInPlace(handle, index, payload.IsEmpty ? Reserve(0) : place, payload.Length, Static));
            Run();
        }
    }

    /// <summary>Runs the statement to its end.</summary>
    public void Run()
    {
        try
        {
            session.Step(handle);
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Goes to the next row.</summary>
    public bool Read() => session.Step(handle) == Row;

    public bool IsNull(int column) => sqlite3_column_type(handle, column) == Null;

    public long Long(int column) => sqlite3_column_int64(handle, column);

    public int Int(int column) => (int)sqlite3_column_int64(handle, column);

    public DateTimeOffset Time(int column) => StoredTime.FromMicroseconds(Long(column));

    public DateTimeOffset? TimeOrNull(int column) => IsNull(column) ? null : Time(column);

    public JobId Id(int column) => JobId.Read(Bytes(column));

    /// <summary>UTF-8; good until the next step.</summary>
    public ReadOnlySpan<byte> Utf8(int column)
    {
        var place = sqlite3_column_text(handle, column);
        return new ReadOnlySpan<byte>(place, sqlite3_column_bytes(handle, column));
    }

    public string Text(int column) => Encoding.UTF8.GetString(Utf8(column));

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>Good until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column)
    {
        var place = sqlite3_column_blob(handle, column);
        return new ReadOnlySpan<byte>(place, sqlite3_column_bytes(handle, column));
    }

    /// <summary>Ready for the next use.</summary>
    public void Dispose()
    {
        // The code repeats the error of the last step, which has been thrown.
        _ = sqlite3_reset(handle);
        used = 0;
    }

    internal void Close() => _ = sqlite3_finalize(handle);

    /// <summary>Where the next bytes go. What is bound once for many rows (a shard's number) is no pointer.</summary>
    private byte* Reserve(int count)
    {
        if (used + count > buffer.Length)
            throw new InvalidOperationException("Too many small values in one statement.");
        fixed (byte* place = buffer)
        {
            used += count;
            return place + used - count;
        }
    }
}
