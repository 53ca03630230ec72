using System.Diagnostics;

namespace Hearth.Engines;

/// <summary>
/// Ends the process of a silo that was declared dead: others have its grains by now. Within a second, even when something hangs: what it still
/// does is fenced off from the store, but its calls would answer as if it were alive.
/// </summary>
internal sealed partial class SiloEnd(IHostApplicationLifetime lifetime, ILogger<SiloEnd> logger)
{
    public const int ExitCode = 70;

    private static readonly TimeSpan ForStop = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan ForExit = TimeSpan.FromMilliseconds(400);

    private readonly ManualResetEventSlim never = new();

    /// <summary>The exit code once it ends so; null before.</summary>
    public int? Code { get; private set; }

    public void End(string reason)
    {
        Code = ExitCode;
        LogEnd(logger, reason);
        StartThread("silo end", () =>
        {
            lifetime.ApplicationStopped.WaitHandle.WaitOne(ForStop);
            Environment.Exit(ExitCode);
        });
        StartThread("silo kill", () =>
        {
            never.Wait(ForStop + ForExit);
            using var self = Process.GetCurrentProcess();
            self.Kill();
        });
        // On a thread of its own: whoever is told of the stop may hang.
        StartThread("silo stop", lifetime.StopApplication);
    }

    private static void StartThread(string name, ThreadStart run) => new Thread(run) { IsBackground = true, Name = name }.Start();

    [LoggerMessage(LogLevel.Critical, "{Reason}. The process ends with exit code 70; start it again")]
    private static partial void LogEnd(ILogger logger, string reason);
}
