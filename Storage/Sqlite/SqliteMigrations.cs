using System.Globalization;
using System.Reflection;

namespace Hearth.Storage.Sqlite;

/// <summary>
/// Applies the numbered scripts of <c>Migrations/</c> that the file has not seen; its number is SQLite's <c>user_version</c>.
/// The numbers are those of PostgreSQL's scripts.
/// </summary>
public static class SqliteMigrations
{
    private const string Folder = "Hearth.Storage.Sqlite.Migrations.";

    /// <summary>The schema that this version knows.</summary>
    public static int Newest => Scripts().Count;

    /// <summary>All of it, to be read or run by hand on an empty file (<c>sqlite3 file &lt; script</c>).</summary>
    public static string Script() => string.Join('\n', Scripts().Select((script, i) => Transaction(script, i + 1)));

    internal static void Apply(SqliteSession session)
    {
        var stored = StoredVersion(session);
        var scripts = Scripts();
        if (stored > scripts.Count)
        {
            throw new StoreUnavailableException(
                $"The database has schema {stored}, and this version of Hearth knows up to {scripts.Count}: start the version that wrote it, or a newer one.");
        }

        for (var number = stored + 1; number <= scripts.Count; number++)
            session.Execute(Transaction(scripts[number - 1], number));
    }

    private static int StoredVersion(SqliteSession session)
    {
        using var version = session.Prepare("PRAGMA user_version");
        version.Read();
        return version.Int(0);
    }

    private static string Transaction(string script, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version={number};\nCOMMIT;\n");

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
