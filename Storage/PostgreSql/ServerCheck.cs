using Npgsql;

namespace Hearth.Storage.PostgreSql;

/// <summary>What the server says of itself, and whether what it acknowledges is safe.</summary>
/// <param name="Version">Such as 150018.</param>
/// <param name="IsPooled">Whether a pooler stands between: the process that answers is not the one that greeted.</param>
/// <param name="Clock">Its time.</param>
internal sealed record ServerCheck(int Version, bool IsPooled, DateTime Clock)
{
    private const int VersionMin = 130_000;

    /// <exception cref="StoreUnavailableException">Hearth does not run on it; the message names the setting and the remedy.</exception>
    public static async Task<ServerCheck> RunAsync(NpgsqlConnection connection, bool allowUnsafe, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(SqlText.ServerCheck, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var version = reader.GetInt32(0);
        if (version < VersionMin)
            throw new StoreUnavailableException($"The database is PostgreSQL {version / 10_000}; Hearth needs 13 or newer: upgrade it.");
        if (reader.GetString(4) is not "UTF8" and var encoding)
            throw new StoreUnavailableException($"The database's encoding is {encoding}; Hearth needs UTF8: create the database with ENCODING 'UTF8'.");
        if (reader.GetBoolean(5))
            throw new StoreUnavailableException("The database is a standby and cannot be written: name the primary, or all hosts, in the connection string.");
        if (!allowUnsafe)
        {
            RefuseUnsafe("fsync", reader.GetString(1), "on in postgresql.conf");
            RefuseUnsafe("full_page_writes", reader.GetString(2), "on in postgresql.conf");
            RefuseUnsafe(
                "synchronous_commit", reader.GetString(3), "on (postgresql.conf, or ALTER ROLE ... SET synchronous_commit = on where a role or database has it)");
        }

        return new ServerCheck(version, reader.GetInt32(6) != connection.ProcessID, reader.GetDateTime(7));
    }

    private static void RefuseUnsafe(string setting, string value, string remedy)
    {
        if (value is "off" or "local")
        {
            throw new StoreUnavailableException(
                $"The database has {setting}={value}: it may lose what it has acknowledged. Set {setting} to {remedy}; to start nevertheless, as in tests, allow unsafe storage.");
        }
    }
}
