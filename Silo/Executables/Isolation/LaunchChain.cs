using System.Globalization;

namespace Hearth.Executables;

/// <summary>
/// The command line of a run: each wrapper replaces itself by the next, so that one process remains, and never is a shell in it.
/// <c>setpriv</c> (ends with the supervisor; set-user-id programs gain nothing), <c>prlimit</c>, <c>bwrap</c>, the program. The
/// session of its own comes from the supervisor.
/// </summary>
internal static class LaunchChain
{
    public static readonly string[] Privileges = ["--pdeathsig", "KILL", "--no-new-privs"];

    /// <summary>Bubblewrap stays as two processes around the program.</summary>
    private const int SandboxProcesses = 2;

    /// <summary>Whether a run of this manifest is isolated; throws when it must be and cannot.</summary>
    /// <exception cref="Functions.FunctionException">Isolation is required and does not work on this machine.</exception>
    public static bool IsIsolated(Manifest manifest, Protections protections) => manifest.Isolation switch
    {
        IsolationMode.None => false,
        IsolationMode.Auto => protections.Bubblewrap is not null,
        _ when protections.Bubblewrap is not null => true,
        _ => throw new Functions.FunctionException(
            $"Function '{manifest.Name}' requires isolation, which this silo does not have: {protections.BubblewrapProblem}."),
    };

    public static IReadOnlyList<string> Arguments(
        Manifest manifest, Protections protections, string folder, IReadOnlyList<string> hidden)
    {
        var isolated = IsIsolated(manifest, protections);
        var chain = new List<string>();
        if (protections.SetPriv is { } setPriv)
            chain.AddRange([setPriv, .. isolated ? Privileges[..2] : Privileges]);
        if (protections.PrLimit is { } prLimit)
            chain.AddRange([prLimit, .. Limits(manifest.Limits)]);
        if (isolated)
            chain.AddRange([protections.Bubblewrap!, .. Sandbox.For(manifest, folder, hidden), "--"]);
        chain.Add(manifest.Command);
        chain.AddRange(manifest.Arguments);
        return chain;
    }

    public static int ProcessesMax(Manifest manifest, Protections protections) =>
        manifest.Limits.Processes + (IsIsolated(manifest, protections) ? SandboxProcesses : 0);

    private static IEnumerable<string> Limits(ManifestLimits limits) =>
    [
        // One second between the soft limit, whose signal has a name of its own, and the hard one.
        string.Create(CultureInfo.InvariantCulture, $"--cpu={limits.CpuSeconds}:{limits.CpuSeconds + 1}"),
        string.Create(CultureInfo.InvariantCulture, $"--data={(long)limits.MemoryMb << 20}"),
        string.Create(CultureInfo.InvariantCulture, $"--nofile={limits.OpenFiles}"),
        string.Create(CultureInfo.InvariantCulture, $"--fsize={(long)limits.FileSizeMb << 20}"),
        "--core=0",
    ];
}
