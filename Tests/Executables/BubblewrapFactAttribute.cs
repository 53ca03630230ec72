using System.Diagnostics;

namespace Hearth.Tests.Executables;

/// <summary>A fact where bubblewrap works; elsewhere skipped with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BubblewrapFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(Try);

    public BubblewrapFactAttribute() => Skip = Reason.Value!;

    private static string? Try()
    {
        try
        {
            using var trial = Process.Start(new ProcessStartInfo("bwrap", ["--ro-bind", "/", "/", "--unshare-all", "true"])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
            })!;
            var error = trial.StandardError.ReadToEnd();
            trial.WaitForExit();
            return trial.ExitCode == 0 ? null : $"bubblewrap does not work on this machine: {error}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"bubblewrap is not installed: {e.Message}";
        }
    }
}
