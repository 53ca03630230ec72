namespace Hearth.Storage.Sqlite;

/// <summary>What SQLite answered instead of doing it.</summary>
/// <param name="extendedCode">sqlite.org/rescode.html.</param>
/// <param name="message">SQLite's own.</param>
internal sealed class SqliteException(int extendedCode, string message) : Exception(message)
{
    public int ExtendedCode => extendedCode;

    public int Code => extendedCode & 0xFF;

    /// <summary>The rows are at fault, not the disk: other writes are not concerned.</summary>
    public bool IsOfRows => Code is SqliteNative.Constraint or SqliteNative.TooBig or SqliteNative.Mismatch or SqliteNative.Range;
}
