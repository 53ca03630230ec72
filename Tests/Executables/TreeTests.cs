using Hearth.Functions;

namespace Hearth.Tests.Executables;

/// <summary>What a program starts ends with its run, however it hides.</summary>
public sealed class TreeTests : ExecutableTests
{
    private string Pids => Path.Combine(World.Folder, "pids");

    /// <summary>A child, a child in a session of its own, and a daemon by double fork whose parents are all gone.</summary>
    private string Family =>
        $"""
        echo $$ >>{Pids}
        sleep 300 & echo $! >>{Pids}
        setsid sh -c 'echo $$ >>{Pids}; sleep 300; true' &
        (setsid sh -c '(echo "exec sleep 300" | sh -c "echo \$\$ >>{Pids}; exec sh" >/dev/null 2>&1 &)' &)

        """;

    [Fact]
    public async Task Timeout_ends_the_whole_tree_with_daemons()
    {
        using var timeout = new CancellationTokenSource();
        var running = World.RunAsync(World.Script(Family + "sleep 300"), "", timeout.Token);
        var pids = await ProcessWatch.PidsAsync(Pids, 4);
        Assert.All(pids, pid => Assert.True(ProcessWatch.IsAlive(pid)));
        await timeout.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.DoesNotContain(pids, ProcessWatch.IsAlive);
    }

    [Fact]
    public async Task Success_leaves_no_daemon_either()
    {
        await World.RunAsync(World.Script(Family + $"while [ $(wc -l <{Pids}) -lt 4 ]; do sleep 0.01; done; exit 0"));
        var pids = await ProcessWatch.PidsAsync(Pids, 4);
        Assert.DoesNotContain(pids, ProcessWatch.IsAlive);
    }

    [Fact]
    public async Task Daemon_that_wiped_its_environment_ends_too()
    {
        await World.RunAsync(World.Script(
            $"setsid env -i /bin/sh -c '(/bin/sleep 300 & echo $! >>{Pids}) >/dev/null 2>&1'; while [ ! -s {Pids} ]; do sleep 0.01; done"));
        Assert.DoesNotContain(await ProcessWatch.PidsAsync(Pids, 1), ProcessWatch.IsAlive);
    }

    [Fact]
    public async Task Orphans_of_one_run_live_while_another_ends()
    {
        var parent = World.Script(
            $"(sleep 300 >/dev/null 2>&1 & echo $! >>{Pids}); while [ ! -e {World.Folder}/go ]; do sleep 0.01; done; kill -0 $(cat {Pids}) && echo alive");
        var running = World.RunAsync(parent);
        var pids = await ProcessWatch.PidsAsync(Pids, 1);
        for (var i = 0; i < 20; i++)
            await World.RunAsync(World.Function("/bin/true"));
        await File.WriteAllTextAsync(Path.Combine(World.Folder, "go"), "");
        Assert.Equal("alive\n", await running);
        Assert.False(ProcessWatch.IsAlive(pids[0]));
    }

    [Fact]
    public async Task Too_many_processes_end_the_run_also_when_they_are_daemons()
    {
        var bomb = World.Script(
            $"i=0; while [ $i -lt 20 ]; do (setsid sleep 300 >/dev/null 2>&1 & echo $! >>{Pids}); i=$((i+1)); done; sleep 300",
            new { limits = new { processes = 10 } });
        var failure = await Assert.ThrowsAsync<FunctionException>(() => World.RunAsync(bomb).WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Contains("started more than 10 processes", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(await ProcessWatch.PidsAsync(Pids, 5), ProcessWatch.IsAlive);
    }

    [Fact]
    public async Task Many_runs_at_once_keep_apart()
    {
        var script = World.Script("(sleep 300 >/dev/null 2>&1 &); cat");
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => World.RunAsync(script, $"{i}")));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}"), answers, StringComparer.Ordinal);
    }
}
