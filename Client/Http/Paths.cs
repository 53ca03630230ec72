using System.Text;

namespace Hearth.Client.Http;

/// <summary>Paths below the endpoint, each part of a caller's escaped.</summary>
internal static class Paths
{
    public static string Of(string collection, params ReadOnlySpan<string> parts)
    {
        var path = new StringBuilder("v1/").Append(collection);
        foreach (var part in parts)
            path.Append('/').Append(Part(part));
        return path.ToString();
    }

    public static string Query(this string path, IEnumerable<KeyValuePair<string, string?>> values)
    {
        var given = values.Where(v => v.Value is not null).Select(v => Uri.EscapeDataString(v.Key) + "=" + Uri.EscapeDataString(v.Value!)).ToList();
        return given.Count == 0 ? path : path + "?" + string.Join('&', given);
    }

    /// <summary>The same path with the query of a link that was answered: what stands before it may have another path for it.</summary>
    public static string Follow(string path, string next)
    {
        var query = next.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? path : path + next[query..];
    }

    private static string Part(string part)
    {
        ArgumentException.ThrowIfNullOrEmpty(part);
        return part is "." or ".." ? throw new ArgumentException($"'{part}' means a folder in a path, and cannot be a name.", nameof(part)) : Uri.EscapeDataString(part);
    }
}
