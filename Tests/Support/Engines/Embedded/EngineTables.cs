namespace Hearth.Tests.Support;

/// <summary>What the engine has in a database beside Hearth's own tables: nothing.</summary>
internal static class EngineTables
{
    /// <summary>What new databases are made like.</summary>
    public const string Template = "template0";

    /// <summary>All silos that ever were, for a query's FROM: id, name, started_at, and whether each lives, was declared dead, and showed so lately.</summary>
    public const string Silos = """
        (SELECT id, name, started_at, status IN (1, 2) AS lives, status = 4 AS was_declared_dead,
            status = 1 AND clock_timestamp() - renewed_at < interval '1.5 s' AS renews FROM hearth.silo) AS silos
        """;

    public static void Make(string connectionString)
    {
    }
}
