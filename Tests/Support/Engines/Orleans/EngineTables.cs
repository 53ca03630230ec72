using Npgsql;

namespace Hearth.Tests.Support;

/// <summary>
/// What the engine needs in a database beside Hearth's own tables: those of Orleans' AdoNet clustering, from its scripts, which are not ours. The
/// variable <c>HEARTH_ORLEANS_SQL</c> names the folder src/AdoNet of Orleans' source; without it, tests of several silos fail with the silo's own
/// message about what is missing.
/// </summary>
internal static class EngineTables
{
    /// <summary>What new databases are made like: the one that the tables have been made in.</summary>
    public const string Template = "template1";

    /// <summary>All silos that ever were, for a query's FROM: id, name, started_at, and whether each lives, was declared dead, and showed so lately.</summary>
    /// <remarks>3 is active, 6 dead; who has left is dead, too, but nobody suspected it. Names follow from ids, see SiloIds.</remarks>
    public const string Silos = """
        (SELECT siloname AS id, left(siloname, -13) AS name, starttime AS started_at, status BETWEEN 3 AND 5 AS lives,
            status = 6 AND coalesce(suspecttimes, '') <> '' AS was_declared_dead,
            status = 3 AND clock_timestamp() - iamalivetime < interval '4 s' AS renews FROM orleansmembershiptable) AS silos
        """;

    private static readonly string[] Scripts =
    [
        "Shared/PostgreSQL-Main.sql", "Orleans.Clustering.AdoNet/PostgreSQL-Clustering.sql",
        "Orleans.Clustering.AdoNet/Migrations/PostgreSQL-Clustering-3.7.0.sql",
    ];

    public static void Make(string connectionString)
    {
        if (Environment.GetEnvironmentVariable("HEARTH_ORLEANS_SQL") is not { Length: > 0 } folder)
            return;
        using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        connection.Open();
        foreach (var script in Scripts)
        {
            using var command = new NpgsqlCommand(File.ReadAllText(Path.Combine(folder, script)), connection);
            command.ExecuteNonQuery();
        }
    }
}
