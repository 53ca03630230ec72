using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Storage.Sqlite;

namespace Hearth.Hosting;

/// <summary>Makes or upgrades the tables, or prints how: for those who keep the right to do so from the silos.</summary>
internal static class MigrateCommand
{
    public static async Task<int> RunAsync(HearthOptions options, string? role, bool isScript)
    {
        if (isScript)
        {
            System.Console.Out.Write(options.Database is null ? SqliteMigrations.Script() : PostgreSqlMigrations.Script(role: role));
            return 0;
        }

        try
        {
            System.Console.Out.WriteLine(options.Database is null ? await MigrateSqliteAsync(options) : await MigratePostgreSqlAsync(options.Database, role));
            return 0;
        }
        catch (StoreUnavailableException e)
        {
            System.Console.Error.WriteLine("The tables cannot be made: " + e.Message);
            return 1;
        }
    }

    /// <summary>Opening does it.</summary>
    private static async Task<string> MigrateSqliteAsync(HearthOptions options)
    {
        using var folder = DataFolder.Take(options.Data);
        await using var database = SqliteDatabase.Open(folder.Database);
        return $"{folder.Database} has version {SqliteMigrations.Newest} of Hearth's tables.";
    }

    private static async Task<string> MigratePostgreSqlAsync(string connectionString, string? role)
    {
        var before = await PostgreSqlMigrations.ApplyAsync(connectionString, role);
        return before == PostgreSqlMigrations.Newest
            ? $"The database has version {before} of Hearth's tables already."
            : $"The database has version {PostgreSqlMigrations.Newest} of Hearth's tables now, {before} before.";
    }
}
