using System.Text.Json.Nodes;

namespace Hearth.Api.Jobs.Queues;

/// <summary>RFC 7396.</summary>
internal static class MergePatch
{
    public const string MediaType = "application/merge-patch+json";

    /// <summary>What a patch makes of a value; the value is used up.</summary>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
            return patch?.DeepClone();
        var result = target as JsonObject ?? [];
        foreach (var (name, change) in changes)
        {
            if (change is null)
                result.Remove(name);
            else
                result[name] = Apply(result[name]?.DeepClone(), change);
        }

        return result;
    }
}
