using System.Text.Json.Nodes;

namespace Hearth.Api.Schedules;

/// <summary>JSON merge patch (RFC 7396): members replace, objects are merged, null takes away.</summary>
internal static class MergePatch
{
    /// <summary>Changes the target.</summary>
    public static void Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
                target.Remove(name);
            else if (value is JsonObject inner && target[name] is JsonObject known && name != "input")
                Apply(known, inner);
            else
                target[name] = value.DeepClone();
        }
    }
}
