using System.Globalization;
using System.Reflection;
using System.Text;
using Npgsql;

namespace Hearth.Storage.PostgreSql;

/// <summary>The tables' versions: the numbered scripts of <c>Migrations/</c>, with the same numbers as SQLite's.</summary>
public static class PostgreSqlMigrations
{
    private const string Folder = "Hearth.Storage.PostgreSql.Migrations.";

    // Any number will do that nobody else locks: "HRTH".
    private const string Lock = "SELECT pg_advisory_xact_lock(1213355080)";

    /// <summary>The version that this build works with.</summary>
    public static int Newest => Scripts.Value.Count;

    private static Lazy<List<string>> Scripts { get; } = new(ReadScripts);

    /// <summary>Makes or upgrades the tables, in one transaction.</summary>
    /// <param name="connectionString">Of a role that may create a schema: it will own the tables and what maintains them.</param>
    /// <param name="role">Role that the silos use, if it is another: gets the rights that they need, and no more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The version that was there; 0: none.</returns>
    public static async Task<int> ApplyAsync(string connectionString, string? role = null, CancellationToken cancellationToken = default)
    {
        var parsed = PostgreSqlConnections.Parse(connectionString);
        parsed.Pooling = false;
        parsed.ApplicationName = "hearth migration";
        try
        {
            await using var connection = new NpgsqlConnection(parsed.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await ServerCheck.RunAsync(connection, allowUnsafe: true, cancellationToken);
            return await ApplyAsync(connection, role, cancellationToken);
        }
        catch (Exception e) when (Failures.IsOfConnection(e) || Failures.HasRolledBack(e))
        {
            throw new StoreUnavailableException($"{PostgreSqlConnections.Describe(parsed)}: {Failures.Unavailable(e).Message}", e);
        }
    }

    /// <summary>The same as SQL, for <c>psql</c> and for whoever wants to read before it is run.</summary>
    /// <param name="after">The version that is there.</param>
    /// <param name="role">Role that the silos use, if it is another than the one that runs the script.</param>
    public static string Script(int after = 0, string? role = null)
    {
        var script = new StringBuilder("-- Tables of Hearth. Run as the role that is to own them: psql -v ON_ERROR_STOP=1 -f THIS_FILE\nBEGIN;\n");
        script.Append(Lock).Append(";\n");
        script.Append(SqlText.Resource("Sql.migration_table"));
        script.Append(CultureInfo.InvariantCulture, $"""
            DO $$ BEGIN
                IF (SELECT coalesce(max(number), 0) FROM hearth.migration) <> {after} THEN
                    RAISE EXCEPTION 'this script upgrades version {after}, and the database has %', (SELECT max(number) FROM hearth.migration);
                END IF;
            END $$;

            """);
        for (var number = after + 1; number <= Newest; number++)
            script.Append(Step(number));
        if (role is not null)
            script.Append(Grants(role));
        return script.Append("COMMIT;\n").ToString();
    }

    /// <summary>Run when a silo starts.</summary>
    internal static async Task AtStartAsync(NpgsqlConnection connection, bool mayApply, CancellationToken cancellationToken)
    {
        var stored = await StoredAsync(connection, cancellationToken);
        RefuseNewer(stored);
        if (stored == Newest)
            return;
        if (!mayApply)
            throw new StoreUnavailableException($"The database has version {stored} of Hearth's tables, and this version of Hearth needs {Newest}: run the migration.");
        try
        {
            await ApplyAsync(connection, null, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StoreUnavailableException(
                $"The database has version {stored} of Hearth's tables, this version of Hearth needs {Newest}, and the role may not make them ({e.MessageText}): "
                + "run the migration with a role that may.", e);
        }
    }

    private static async Task<int> ApplyAsync(NpgsqlConnection connection, string? role, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, Lock, cancellationToken);
        var stored = await StoredAsync(connection, cancellationToken);
        RefuseNewer(stored);
        if (stored == 0)
            await ExecuteAsync(connection, SqlText.Resource("Sql.migration_table"), cancellationToken);
        for (var number = stored + 1; number <= Newest; number++)
            await ExecuteAsync(connection, Step(number), cancellationToken);
        if (role is not null)
            await ExecuteAsync(connection, Grants(role), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return stored;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // Several statements in one text: sent as they are, without parameters.
        await using var batch = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<int> StoredAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand("SELECT to_regclass('hearth.migration') IS NOT NULL", connection);
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
            return 0;
        await using var stored = new NpgsqlCommand("SELECT coalesce(max(number), 0) FROM hearth.migration", connection);
        return (int)(await stored.ExecuteScalarAsync(cancellationToken))!;
    }

    private static void RefuseNewer(int stored)
    {
        if (stored > Newest)
        {
            throw new StoreUnavailableException(
                $"The database has version {stored} of Hearth's tables, and this version of Hearth knows up to {Newest}: start the version that wrote it, or a newer one.");
        }
    }

    private static string Step(int number) => string.Create(
        CultureInfo.InvariantCulture, $"{Scripts.Value[number - 1]}\nINSERT INTO hearth.migration (number) VALUES ({number});\n");

    private static string Grants(string role) =>
        SqlText.Resource("Sql.grants").Replace(":role", '"' + role.Replace("\"", "\"\"") + '"');

    private static List<string> ReadScripts()
    {
        var names = Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        return [.. names.Select(name => SqlText.Resource("Migrations." + name[Folder.Length..^".sql".Length]))];
    }
}
