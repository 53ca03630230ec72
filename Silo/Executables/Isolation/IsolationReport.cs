namespace Hearth.Executables;

/// <summary>The start-up line about executables: which protections apply here, what is missing, how to get it.</summary>
internal static class IsolationReport
{
    public static string Describe(Protections protections)
    {
        if (!OperatingSystem.IsLinux())
            return "Executables: ended with their children only; limits, isolation and ending of daemons need Linux";
        string?[] present =
        [
            "process groups",
            protections.SetPriv is null ? null : "no new privileges",
            protections.PrLimit is null ? null : "CPU/memory/file limits (prlimit)",
            protections.Bubblewrap is null ? null : "bubblewrap isolation",
        ];
        string?[] missing = [protections.SetPrivProblem, protections.PrLimitProblem, protections.BubblewrapProblem];
        var line = $"Executables: {string.Join(", ", present.Where(p => p is not null))}";
        return missing.Any(p => p is not null) ? $"{line}. Missing: {string.Join("; ", missing.Where(p => p is not null))}" : line;
    }
}
