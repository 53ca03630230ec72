using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;

namespace Hearth.Executables;

/// <summary>The silo's hold on one supervisor process: its lifeline, its folder, and what is left to clean up when it dies.</summary>
internal sealed class SupervisorProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(30);
    private static readonly string[] Kept = ["PATH", "TMPDIR", "LD_LIBRARY_PATH", "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64"];

    private readonly Process process;
    private readonly Func<bool> leaseStands;
    private readonly ManualResetEventSlim ended = new();

    private SupervisorProcess(Process process, string folder, string token, Func<bool> leaseStands)
    {
        (this.process, Folder, Token, this.leaseStands) = (process, folder, token, leaseStands);
        // A thread of its own: a busy thread pool must not look like a dead silo.
        new Thread(KeepAlive) { IsBackground = true, Name = "Supervisor lifeline" }.Start();
    }

    public string Folder { get; }

    /// <summary>The start of the ids of all its runs, and so of their processes' marks.</summary>
    public string Token { get; }

    public int ProcessId => process.Id;

    public bool HasEnded => process.HasExited;

    /// <exception cref="IOException">It does not start.</exception>
    public static async Task<SupervisorProcess> StartAsync(Func<bool> leaseStands, Action<string> log)
    {
        var folder = Directory.CreateTempSubdirectory("hearth-").FullName;
        try
        {
            var started = Process.Start(Describe(SupervisorCommand.For(folder)))!;
            started.ErrorDataReceived += (_, line) => Tell(log, line.Data);
            started.BeginErrorReadLine();
            var supervisor = new SupervisorProcess(started, folder, Guid.NewGuid().ToString("N"), leaseStands);
            using var patience = new CancellationTokenSource(StartMax);
            if (await started.StandardOutput.ReadLineAsync(patience.Token) is Supervisor.Ready)
                return supervisor;
            await supervisor.DisposeAsync();
            throw new IOException("The supervisor of executables ended while it started; the log holds its last words.");
        }
        catch (Exception e) when (e is Win32Exception or OperationCanceledException)
        {
            PrivateFolder.Remove(folder);
            throw new IOException($"The supervisor of executables did not start: {e.Message}", e);
        }
    }

    /// <exception cref="SocketException">It has ended.</exception>
    public async Task<FrameStream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(Folder, Supervisor.SocketName)), cancellationToken);
            return new FrameStream(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether it is ending: a connection is seen to close before its process is seen to end.</summary>
    public async Task<bool> EndsAsync()
    {
        using var moment = new CancellationTokenSource(Lifeline.Beat);
        await process.WaitForExitAsync(moment.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return HasEnded;
    }

    /// <summary>Closes the lifeline, which ends all runs, and waits for the end.</summary>
    public async ValueTask DisposeAsync()
    {
        ended.Set();
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Lifeline.SilenceMax);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }

        Leftovers.End(Token);
        PrivateFolder.Remove(Folder);
        process.Dispose();
    }

    private static ProcessStartInfo Describe(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetPathRoot(Path.GetTempPath())!,
        };
        var kept = Kept.Select(name => (name, value: start.Environment.TryGetValue(name, out var value) ? value : null)).ToList();
        // The silo's environment holds secrets, and a program may read that of any process of its user.
        start.Environment.Clear();
        foreach (var (name, value) in kept.Where(pair => pair.value is not null))
            start.Environment[name] = value;
        // Small and quick to start; no debugging socket that a program of the same user could speak to.
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_GCgen0size"] = "400000";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }

    private static void Tell(Action<string> log, string? line)
    {
        if (!string.IsNullOrEmpty(line))
            log(line);
    }

    private void KeepAlive()
    {
        try
        {
            do
            {
                if (!leaseStands())
                    continue;
                process.StandardInput.BaseStream.WriteByte(1);
                process.StandardInput.BaseStream.Flush();
            }
            while (!ended.Wait(Lifeline.Beat));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The supervisor is gone; the next run starts another.
        }
    }
}
