namespace Hearth.Tests.Support;

/// <summary>What the engine needs in a database beside Hearth's own tables: nothing.</summary>
internal static class EngineTables
{
    /// <summary>What new databases are made like.</summary>
    public const string Template = "template0";

    public static void Make(string connectionString)
    {
    }
}
