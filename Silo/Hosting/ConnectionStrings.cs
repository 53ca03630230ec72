namespace Hearth.Hosting;

/// <summary>The named connections: those configured, and <c>demo</c>, a SQLite database of the data folder for the shipped example.</summary>
internal static class ConnectionStrings
{
    public static IReadOnlyDictionary<string, string> From(HearthOptions options)
    {
        var all = new Dictionary<string, string>(options.Connections, StringComparer.Ordinal);
        all.TryAdd("demo", "Data Source=" + Path.Combine(Path.GetFullPath(options.Data), "demo.db"));
        return all;
    }
}
