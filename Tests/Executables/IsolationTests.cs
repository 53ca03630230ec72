using Hearth.Executables;
using Hearth.Functions;

namespace Hearth.Tests.Executables;

public sealed class IsolationTests : ExecutableTests
{
    private static readonly Protections Nothing = new(null, "setpriv not found: install util-linux", null, "p", null, "bwrap not found: install it");

    [BubblewrapFact]
    public async Task Isolated_run_sees_no_home_no_data_no_other_process_and_no_other_silo_folder()
    {
        var data = Directory.CreateTempSubdirectory("hearth-data-");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        await File.WriteAllTextAsync(Path.Combine(data.FullName, "jobs.db"), "secret");
        try
        {
            var seen = await World.RunAsync(World.Script(
                $"ls {data.FullName} {home} /tmp 2>&1; ls /; ls /proc | grep -c '^[0-9]'; touch /usr/x {World.Folder}/x 2>&1; true", isolated: true));
            Assert.DoesNotContain("jobs.db", seen, StringComparison.Ordinal);
            Assert.Contains($"cannot access '{data.FullName}'", seen, StringComparison.Ordinal);
            Assert.Contains($"cannot access '{home}'", seen, StringComparison.Ordinal);
            Assert.Equal(2, seen.Split("Read-only file system").Length - 1);
            Assert.DoesNotContain("home\n", seen, StringComparison.Ordinal);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [BubblewrapFact]
    public async Task Data_folder_inside_the_functions_folder_stays_hidden()
    {
        var data = Directory.CreateTempSubdirectory("hearth-both-");
        await using var world = new ExecutableWorld(hidden: [data.FullName]);
        var inner = Directory.CreateDirectory(Path.Combine(world.Folder, "data"));
        await File.WriteAllTextAsync(Path.Combine(inner.FullName, "jobs.db"), "secret");
        await using var guarded = new ExecutableHost(world.Log, hidden: [inner.FullName]);
        var manifest = world.Script($"ls -A {inner.FullName}", isolated: true).Manifest;
        using var output = new MemoryStream();
        await new ExecutableFunction(manifest, guarded).RunAsync(Stream.Null, output, world.Context(), default);
        Assert.Empty(output.ToArray());
        data.Delete(recursive: true);
    }

    [BubblewrapFact]
    public async Task Isolated_run_has_no_network_unless_allowed()
    {
        const string Body = "grep -c : /proc/net/dev";
        Assert.Equal("1\n", await World.RunAsync(World.Script(Body, isolated: true)));
        var outside = (await File.ReadAllLinesAsync("/proc/net/dev")).Count(line => line.Contains(':', StringComparison.Ordinal));
        Assert.Equal($"{outside}\n", await World.RunAsync(World.Script(Body, new { network = true }, isolated: true)));
    }

    [BubblewrapFact]
    public async Task Isolated_run_has_no_capabilities_and_its_limits()
    {
        var seen = await World.RunAsync(World.Script("grep -E 'CapEff|NoNewPrivs' /proc/self/status; ulimit -n; pwd >w; cat w", isolated: true));
        Assert.StartsWith("CapEff:\t0000000000000000\nNoNewPrivs:\t1\n256\n/", seen, StringComparison.Ordinal);
    }

    [BubblewrapFact]
    public async Task Isolated_run_tells_exit_code_and_signal_and_leaves_no_daemon()
    {
        var exit = await Assert.ThrowsAsync<FunctionException>(() => World.RunAsync(World.Script("setsid sleep 311 & exit 3", isolated: true)));
        Assert.Contains("exited with code 3", exit.Message, StringComparison.Ordinal);
        var signal = await Assert.ThrowsAsync<FunctionException>(() => World.RunAsync(World.Script("kill -SEGV $$", isolated: true)));
        Assert.Contains("signal 11 (SIGSEGV)", signal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(ProcessTable.Ids(), pid => CommandLine(pid).Contains("sleep\0311", StringComparison.Ordinal));
    }

    [BubblewrapFact]
    public async Task Secrets_do_not_stand_in_the_list_of_processes()
    {
        var pids = Path.Combine(World.Folder, "unused");
        var script = World.Script("echo \"$TOKEN\"; cat", new { environment = new { TOKEN = "canary-4711" } }, isolated: true);
        Assert.StartsWith("canary-4711", await World.RunAsync(script), StringComparison.Ordinal);
        var chain = LaunchChain.Arguments(script.Manifest, await World.Host.ProtectionsAsync(), pids, []);
        Assert.DoesNotContain(chain, argument => argument.Contains("canary-4711", StringComparison.Ordinal));
    }

    [Fact]
    public void Required_isolation_is_refused_where_it_does_not_work()
    {
        var manifest = World.Function("/bin/true", isolated: true).Manifest;
        var failure = Assert.Throws<FunctionException>(() => LaunchChain.Arguments(manifest, Nothing, "/tmp", []));
        Assert.Contains("requires isolation", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_tools_leave_the_program_alone_in_the_chain_and_the_start_up_line_says_so()
    {
        var manifest = World.Function("/bin/true", new { isolation = "auto", arguments = new[] { "a" } }).Manifest;
        Assert.Equal(["/bin/true", "a"], LaunchChain.Arguments(manifest, Nothing, "/tmp", []));
        Assert.Equal(
            "Executables: process groups. Missing: setpriv not found: install util-linux; p; bwrap not found: install it",
            IsolationReport.Describe(Nothing));
        Assert.Equal(
            "Executables: process groups, no new privileges, CPU/memory/file limits (prlimit), bubblewrap isolation",
            IsolationReport.Describe(new Protections("/s", null, "/p", null, "/b", null)));
    }

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
