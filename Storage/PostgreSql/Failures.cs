using System.Net.Sockets;
using Npgsql;

namespace Hearth.Storage.PostgreSql;

/// <summary>What an error says about the transaction that it met.</summary>
internal static class Failures
{
    /// <summary>The server refused and goes on: the transaction has been rolled back for certain. One that ends the session may follow a commit.</summary>
    public static bool HasRolledBack(Exception e) => e is PostgresException { InvariantSeverity: "ERROR" };

    /// <summary>The connection, not the data, is at fault.</summary>
    public static bool IsOfConnection(Exception e) =>
        e is NpgsqlException or IOException or SocketException or TimeoutException or ObjectDisposedException or OperationCanceledException
        && !HasRolledBack(e);

    /// <summary>A session that had been opened is there no more.</summary>
    public static bool HasEndedSession(NpgsqlException e) => e is PostgresException ? !HasRolledBack(e) : e.InnerException is IOException;

    /// <summary>One row's own mistake (classes 22 and 23: data, constraint), or a text that has no encoding.</summary>
    public static bool IsOfOneWrite(Exception e) =>
        e is PostgresException { SqlState: [ '2', '2' or '3', ..] } || (e is not NpgsqlException && !IsOfConnection(e));

    public static bool IsRepeat(Exception e) => e is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    /// <summary>Chosen as a victim; the same again may pass.</summary>
    public static bool IsVictim(Exception e) =>
        e is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

    public static bool IsTimeout(Exception e) =>
        e is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled };

    /// <summary>A sentence for whoever has to mend it.</summary>
    public static StoreUnavailableException Unavailable(Exception e) => e as StoreUnavailableException ?? new StoreUnavailableException(Sentence(e), e);

    private static string Sentence(Exception e) => e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } =>
            "The database's disk is full: free space or grow it; nothing was stored.",
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } =>
            "The database has no connection left: raise max_connections, or lower the number of silos or of their connections.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } p =>
            $"The database's role lacks a right ({p.MessageText}): have the migration script run with --role for this role.",
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName } =>
            "The database has no tables of Hearth, or those of another version: run the migration.",
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } =>
            "The database is read-only, a standby perhaps: name all hosts in the connection string, and Hearth finds the one that writes.",
        PostgresException p => $"The database refuses: {p.MessageText} ({p.SqlState}).",
        _ => "The database cannot be reached: " + (e.InnerException ?? e).Message,
    };
}
