using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hearth.Cli.Input;

/// <summary>What <c>--set</c> says, as a merge patch.</summary>
internal static class QueuePatch
{
    /// <param name="members">Each <c>name=value</c>; the names of members within members are separated by dots.</param>
    /// <exception cref="UsageException">One cannot be read.</exception>
    public static JsonObject Of(IEnumerable<string> members)
    {
        var patch = new JsonObject();
        foreach (var member in members)
        {
            var at = member.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                throw new UsageException($"--set {member}: write it as MEMBER=VALUE.");
            Add(patch, member[..at], member[(at + 1)..]);
        }

        return patch;
    }

    private static void Add(JsonObject patch, string path, string value)
    {
        var names = path.Split('.');
        foreach (var name in names[..^1])
        {
            if (patch[name] is not JsonObject inner)
                patch[name] = inner = [];
            patch = inner;
        }

        if (patch.ContainsKey(names[^1]))
            throw new UsageException($"--set {path} is given twice: keep one.");
        patch[names[^1]] = Value(value);
    }

    /// <summary>What is JSON is that; all else is text, so that nobody has to quote 30s.</summary>
    private static JsonNode? Value(string value)
    {
        try
        {
            return JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            return JsonValue.Create(value);
        }
    }
}
