using System.Diagnostics;
using System.Globalization;

namespace Hearth.Tests.Support.Faults;

/// <summary>The server's process: started, killed, and gone whatever happens to the test.</summary>
public sealed partial class FaultedPostgres
{
    /// <summary>
    /// Runs the server until it ends or the test process has closed, or lost, the other end of the standard input; and collects the server when it
    /// was killed, because a start refuses while the one before is still listed.
    /// </summary>
    private const string Watched = """
        exec 3<&0
        "$@" </dev/null 3<&- &
        server=$!
        echo "server $server" >&2
        { cat <&3; kill -QUIT $server; } >/dev/null 2>&1 &
        watch=$!
        wait $server
        kill $watch
        """;

    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(10);

    private Process? process;
    private int server;

    /// <summary>Whether it has not been killed, and has not ended by itself.</summary>
    public bool IsRunning => process is { HasExited: false };

    /// <summary>Starts it, again after <see cref="KillAsync"/>, and waits until it serves: crash recovery is done by then.</summary>
    public async Task StartAsync()
    {
        List<string> options =
        [
            "listen_addresses=127.0.0.1", $"port={Port.ToString(CultureInfo.InvariantCulture)}", "unix_socket_directories=", "dynamic_shared_memory_type=mmap",
            .. settings,
        ];
        var (program, arguments) = AsServerUser("postgres", ["-D", data, .. options.SelectMany(o => (string[])["-c", o])]);
        var start = new ProcessStartInfo("sh", ["-c", Watched, "sh", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process?.Dispose();
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.ErrorDataReceived += (_, line) => Hear(line.Data, ready);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("PostgreSQL ended: " + Log));
        process.Start();
        process.BeginErrorReadLine();
        await ready.Task.WaitAsync(StartMax);
    }

    /// <summary>kill -9 of the postmaster and of every process that it started.</summary>
    public async Task KillAsync()
    {
        if (process!.HasExited)
            return;
        using (var postmaster = Process.GetProcessById(server))
            postmaster.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    /// <summary>Restarted by an operator: fast shutdown, which ends all sessions, and a new start.</summary>
    public async Task RestartAsync()
    {
        Signal("-INT", server);
        await process!.WaitForExitAsync().WaitAsync(StartMax);
        await StartAsync();
    }

    /// <summary>SIGSTOP of the postmaster and of every process that it started: connections stay, and nobody answers.</summary>
    public void Freeze()
    {
        // The postmaster first, so that it starts no more.
        Signal("-STOP", server);
        Signal("-STOP", Children());
    }

    public void Thaw()
    {
        Signal("-CONT", Children());
        Signal("-CONT", server);
    }

    /// <summary>Ends at once but in order, so that its shared memory goes too.</summary>
    public async ValueTask DisposeAsync()
    {
        if (process is null)
            return;
        if (!process.HasExited)
        {
            process.StandardInput.Close();
            await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(StopMax, TimeProvider.System));
            if (!process.HasExited)
                await KillAsync();
        }

        process.Dispose();
    }

    private int[] Children() =>
        [.. File.ReadAllText($"/proc/{server}/task/{server}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture))];

    /// <summary>One that has ended meanwhile is none's business.</summary>
    private static void Signal(string signal, params IReadOnlyList<int> processes) =>
        Command.Run("kill", [signal, .. processes.Select(id => id.ToString(CultureInfo.InvariantCulture))]);

    private void Hear(string? line, TaskCompletionSource ready)
    {
        if (line is null)
            return;
        lock (log)
            log.AppendLine(line);
        if (line.StartsWith("server ", StringComparison.Ordinal))
            server = int.Parse(line.AsSpan("server ".Length), CultureInfo.InvariantCulture);
        if (line.Contains("database system is ready to accept", StringComparison.Ordinal))
            ready.TrySetResult();
    }
}
