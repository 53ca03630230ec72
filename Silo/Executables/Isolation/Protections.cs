using System.ComponentModel;
using System.Diagnostics;

namespace Hearth.Executables;

/// <summary>
/// Which protections work on this machine, found by trying them: a tool can be installed and yet be refused by the kernel or lack an
/// option. A null path means that it is not used, and the problem says why.
/// </summary>
internal sealed record Protections(
    string? SetPriv, string? SetPrivProblem, string? PrLimit, string? PrLimitProblem, string? Bubblewrap, string? BubblewrapProblem)
{
    private static readonly string[] Folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
    private static readonly TimeSpan TrialMax = TimeSpan.FromSeconds(5);

    /// <summary>Tries the tools once; takes some ten milliseconds.</summary>
    public static async Task<Protections> ProbeAsync()
    {
        if (!OperatingSystem.IsLinux())
            return new Protections(null, "not Linux", null, "not Linux", null, "not Linux");
        var nothing = Find("true") ?? "/bin/true";
        var privileges = await TryAsync("setpriv", [.. LaunchChain.Privileges, nothing], "install util-linux");
        var limits = await TryAsync("prlimit", ["--core=0", nothing], "install util-linux");
        var isolation = await TryAsync(
            "bwrap", [.. Sandbox.Base(network: false), nothing], "install the package bubblewrap to isolate executables");
        return new Protections(
            privileges.Path, privileges.Problem, limits.Path, limits.Problem, isolation.Path, isolation.Problem);
    }

    private static string? Find(string tool) => Folders.Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);

    private static async Task<(string? Path, string? Problem)> TryAsync(string tool, string[] arguments, string remedy)
    {
        if (Find(tool) is not { } path)
            return (null, $"{tool} not found: {remedy}");
        return await FailureAsync(path, arguments) is { } failure
            ? (null, $"{tool} does not work here ({failure})")
            : (path, null);
    }

    private static async Task<string?> FailureAsync(string path, string[] arguments)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        try
        {
            using var trial = Process.Start(start)!;
            using var timeout = new CancellationTokenSource(TrialMax);
            var error = await trial.StandardError.ReadToEndAsync(timeout.Token);
            await trial.WaitForExitAsync(timeout.Token);
            return trial.ExitCode == 0 ? null : error.ReplaceLineEndings(" ").Trim();
        }
        catch (Exception e) when (e is Win32Exception or OperationCanceledException)
        {
            return e.Message;
        }
    }
}
