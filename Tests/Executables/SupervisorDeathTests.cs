using System.Diagnostics;
using System.Globalization;
using Hearth.Executables;
using Hearth.Functions;

namespace Hearth.Tests.Executables;

/// <summary>An executable never outlives its silo, its supervisor, or its silo's lease.</summary>
public sealed class SupervisorDeathTests : ExecutableTests
{
    private string Pids => Path.Combine(World.Folder, "pids");

    private string Sleepers =>
        $"echo $$ >>{Pids}; (setsid sh -c 'echo $$ >>{Pids}; exec sleep 300' >/dev/null 2>&1 &); sleep 300";

    [Fact]
    public async Task Silo_killed_with_signal_9_takes_all_runs_with_it()
    {
        var folder = Directory.CreateDirectory(Path.Combine(World.Folder, "silo")).FullName;
        using var silo = StartStandIn(SupervisorCommand.For(folder));
        // The supervisor writes its ready line to a file, since the stand-in holds its pipes.
        var socket = Path.Combine(folder, Supervisor.SocketName);
        await ProcessWatch.UntilAsync(TimeSpan.FromSeconds(20), "the supervisor's socket", () => File.Exists(socket));
        var supervisor = int.Parse(await File.ReadAllTextAsync(Path.Combine(World.Folder, "supervisor")), CultureInfo.InvariantCulture);
        using var connection = await SendAsync(socket, "/bin/sh", "-c", Sleepers);
        var pids = await ProcessWatch.PidsAsync(Pids, 2);
        Assert.All([.. pids, supervisor], pid => Assert.True(ProcessWatch.IsAlive(pid)));
        silo.Kill();
        await ProcessWatch.GoneAsync(TimeSpan.FromSeconds(2), [.. pids, supervisor]);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Killed_supervisor_fails_the_run_clearly_and_the_next_run_starts_another()
    {
        var running = World.RunAsync(World.Script(Sleepers));
        var pids = await ProcessWatch.PidsAsync(Pids, 2);
        var first = World.Host.Supervisor.ProcessId!.Value;
        using (var process = Process.GetProcessById(first))
            process.Kill();
        var failure = await Assert.ThrowsAsync<FunctionException>(() => running.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Contains("supervisor of executables ended", failure.Message, StringComparison.Ordinal);
        await ProcessWatch.GoneAsync(TimeSpan.FromSeconds(2), pids);
        Assert.Equal("again", await World.RunAsync(World.Function("/bin/cat"), "again"));
        Assert.NotEqual(first, World.Host.Supervisor.ProcessId);
    }

    [Fact]
    public async Task Lost_lease_ends_all_runs_within_its_five_seconds()
    {
        var stands = true;
        await using var world = new ExecutableWorld(() => Volatile.Read(ref stands));
        var running = world.RunAsync(world.Script(Sleepers));
        var pids = await ProcessWatch.PidsAsync(Pids, 2);
        Volatile.Write(ref stands, false);
        await ProcessWatch.GoneAsync(TimeSpan.FromSeconds(5), pids);
        await Assert.ThrowsAsync<FunctionException>(() => running);
    }

    [Fact]
    public async Task Orderly_end_of_the_host_ends_all_runs()
    {
        var running = World.RunAsync(World.Script(Sleepers));
        var pids = await ProcessWatch.PidsAsync(Pids, 2);
        await World.Host.DisposeAsync();
        Assert.DoesNotContain(pids, ProcessWatch.IsAlive);
        await Assert.ThrowsAnyAsync<Exception>(() => running);
    }

    /// <summary>A process that holds the supervisor's lifeline and beats on it, as a silo does, and nothing else.</summary>
    private Process StartStandIn(IReadOnlyList<string> command)
    {
        var beat = "while :; do printf x; sleep 1; done";
        var start = new ProcessStartInfo("/bin/bash")
        {
            UseShellExecute = false,
            ArgumentList =
            {
                "-c",
                $"exec 5> >(echo $BASHPID >{World.Folder}/supervisor; exec \"$@\" >{World.Folder}/ready); exec 1>&5; {beat}",
                "silo",
            },
        };
        foreach (var argument in command)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private async Task<IDisposable> SendAsync(string socket, params string[] arguments)
    {
        var client = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        await client.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(socket));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/bin:/bin",
            [ProcessTable.Marker] = "test.1",
        };
        var request = new RunRequest("test.1", arguments, environment, World.Folder, FolderIsPrivate: false, 64);
        await new FrameStream(new System.Net.Sockets.NetworkStream(client)).WriteAsync(Frame.Start, request, RunJson.Default.RunRequest);
        return client;
    }
}
