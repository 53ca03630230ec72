using Hearth.Jobs;

namespace Hearth.Api.Jobs;

/// <summary>States as the API spells them.</summary>
internal static class JobStateText
{
    private static readonly Dictionary<string, JobState> ByName =
        Enum.GetValues<JobState>().ToDictionary(state => state.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    /// <summary>All of them, for messages.</summary>
    public static string All { get; } = string.Join(", ", ByName.Keys);

    /// <returns>Null when there is no such state.</returns>
    public static JobState? Parse(string text) => ByName.TryGetValue(text, out var state) ? state : null;

    public static string Of(JobState state) => state.ToString().ToLowerInvariant();
}
