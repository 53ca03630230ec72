using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace Hearth.Storage.Sqlite;

/// <summary>Applies the numbered scripts of <c>Migrations/</c> that the file has not seen; its number is SQLite's <c>user_version</c>.</summary>
internal static class SqliteMigrations
{
    private const string Folder = "Hearth.Storage.Sqlite.Migrations.";

    public static void Apply(SqliteConnection connection)
    {
        using var version = SqliteDatabase.Command(connection, "PRAGMA user_version");
        var stored = Convert.ToInt32(version.ExecuteScalar(), CultureInfo.InvariantCulture);
        var scripts = Scripts();
        if (stored > scripts.Count)
        {
            throw new StoreUnavailableException(
                $"The database has schema {stored}, and this version of Hearth knows up to {scripts.Count}: start the version that wrote it, or a newer one.");
        }

        for (var number = stored + 1; number <= scripts.Count; number++)
        {
            SqliteDatabase.Execute(
                connection, string.Create(CultureInfo.InvariantCulture, $"BEGIN IMMEDIATE;{scripts[number - 1]};PRAGMA user_version={number};COMMIT;"));
        }
    }

    private static List<string> Scripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name =>
                {
                    using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                    return reader.ReadToEnd();
                }),
        ];
    }
}
