using Hearth.Functions;

namespace Hearth.Jobs;

/// <summary>Who waits as well, as requests and manifests spell it.</summary>
internal static class BackOffText
{
    private static readonly Dictionary<string, BackOff> ByName =
        Enum.GetValues<BackOff>().ToDictionary(who => who.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    /// <summary>All of them, for messages.</summary>
    public static string All { get; } = string.Join(", ", ByName.Keys);

    /// <returns>Null when it is none.</returns>
    public static BackOff? Parse(string text) => ByName.TryGetValue(text, out var who) ? who : null;
}
