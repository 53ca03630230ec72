using Hearth.Hosting;
using Hearth.Storage;
using Npgsql;

namespace Hearth.Engines;

/// <summary>
/// Looks whether the database has what Orleans' AdoNet clustering needs. Its scripts belong to Orleans' version and are not repeated here: who
/// runs the database applies them, once.
/// </summary>
internal static class ProviderScripts
{
    private const string Source =
        "They come with the source of Microsoft.Orleans.Clustering.AdoNet: https://github.com/dotnet/orleans, folder src/AdoNet, at the tag of the version in use.";

    private const string Main = "Shared/PostgreSQL-Main.sql";
    private const string Clustering = "Orleans.Clustering.AdoNet/PostgreSQL-Clustering.sql";
    private const string Cleanup = "Orleans.Clustering.AdoNet/Migrations/PostgreSQL-Clustering-3.7.0.sql";

    /// <summary>Each query that the provider reads, and the script that brings it.</summary>
    private static readonly (string Query, string Script)[] Needed =
    [
        ("GatewaysQueryKey", Clustering), ("MembershipReadRowKey", Clustering), ("MembershipReadAllKey", Clustering),
        ("InsertMembershipVersionKey", Clustering), ("UpdateIAmAlivetimeKey", Clustering), ("InsertMembershipKey", Clustering),
        ("UpdateMembershipKey", Clustering), ("DeleteMembershipTableEntriesKey", Clustering), ("CleanupDefunctSiloEntriesKey", Cleanup),
    ];

    /// <summary>The connection string as the provider gets it: where there are several hosts, to the one that can be written to.</summary>
    public static string Writable(string database)
    {
        var text = new NpgsqlConnectionStringBuilder(database);
        if (text.Host?.Contains(',', StringComparison.Ordinal) == true && text.TargetSessionAttributes is null)
            text.TargetSessionAttributes = "primary";
        return text.ConnectionString;
    }

    /// <exception cref="StartException">Scripts are missing; the message says which and where they come from.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be asked.</exception>
    public static async Task CheckAsync(string database, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(Writable(database));
            await connection.OpenAsync(cancellationToken);
            var missing = await MissingAsync(connection, cancellationToken);
            if (missing.Count > 0)
                throw new StartException($"the database lacks what Orleans keeps its membership in. Apply there, in this order: {string.Join(", ", missing)}. {Source}");
        }
        catch (NpgsqlException e)
        {
            throw new StoreUnavailableException($"the database cannot be asked for Orleans' tables: {e.Message}", e);
        }
    }

    private static async Task<IReadOnlyList<string>> MissingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var table = new NpgsqlCommand("SELECT to_regclass('orleansquery') IS NOT NULL", connection);
        if (await table.ExecuteScalarAsync(cancellationToken) is not true)
            return [Main, Clustering, Cleanup];
        await using var queries = new NpgsqlCommand("SELECT QueryKey FROM OrleansQuery", connection);
        await using var rows = await queries.ExecuteReaderAsync(cancellationToken);
        var there = new HashSet<string>(StringComparer.Ordinal);
        while (await rows.ReadAsync(cancellationToken))
            there.Add(rows.GetString(0));
        return [.. Needed.Where(needed => !there.Contains(needed.Query)).Select(needed => needed.Script).Distinct(StringComparer.Ordinal)];
    }
}
