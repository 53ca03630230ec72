using System.Diagnostics;
using Hearth.Functions;

namespace Hearth.Tests.Executables;

public sealed class LimitTests : ExecutableTests
{
    [Fact]
    public async Task Memory_is_limited()
    {
        const string Body = "awk 'BEGIN { s = \"x\"; while (length(s) < 200000000) s = s s; print length(s) }'";
        await Assert.ThrowsAsync<FunctionException>(() => World.RunAsync(World.Script(Body, new { limits = new { memoryMb = 64 } })));
        Assert.NotEmpty(await World.RunAsync(World.Script(Body, new { limits = new { memoryMb = 2048 } })));
    }

    [Fact]
    public async Task File_size_is_limited()
    {
        var failure = await Assert.ThrowsAsync<FunctionException>(() => World.RunAsync(
            World.Script("exec head -c 3000000 /dev/zero >big", new { limits = new { fileSizeMb = 1 } })));
        Assert.Contains("wrote a file larger than 1 MB", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processor_time_is_limited()
    {
        var watch = Stopwatch.StartNew();
        var failure = await Assert.ThrowsAsync<FunctionException>(() => World.RunAsync(
            World.Script("while :; do :; done", new { limits = new { cpuSeconds = 1 } })));
        Assert.Contains("used more than 1 s of processor time", failure.Message, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.9, 20);
    }

    [Fact]
    public async Task Open_files_and_core_dumps_are_limited_and_no_privileges_can_be_gained() => Assert.Equal(
        "32\n0\nNoNewPrivs:\t1\n",
        await World.RunAsync(World.Script("ulimit -n; ulimit -c; grep NoNewPrivs /proc/self/status", new { limits = new { openFiles = 32 } })));

    [Fact]
    public async Task Program_inherits_only_its_three_streams() =>
        Assert.Equal("0\n1\n2\n3\n", await World.RunAsync(World.Function("/bin/ls", new { arguments = new[] { "/proc/self/fd" } })));

    [Fact]
    public async Task Environment_holds_what_is_allowed_and_nothing_of_the_silo()
    {
        Environment.SetEnvironmentVariable("HEARTH_TEST_CANARY", "canary-secret");
        Environment.SetEnvironmentVariable("TEST_ALLOWED", "allowed");
        var function = World.Script(
            "env; cat /proc/$PPID/environ | tr '\\0' '\\n'",
            new
            {
                environment = new { LITERAL = "a b" },
                environmentAllowed = new[] { "PATH", "TEST_ALLOWED" },
                connections = new[] { "orders-db" },
            });
        using var output = new MemoryStream();
        var connections = new Dictionary<string, string>(StringComparer.Ordinal) { ["orders-db"] = "Host=x" };
        await function.RunAsync(Stream.Null, output, World.Context(connections), default);
        var seen = System.Text.Encoding.UTF8.GetString(output.ToArray());
        Assert.DoesNotContain("canary-secret", seen, StringComparison.Ordinal);
        foreach (var line in (string[])
            ["LITERAL=a b", "TEST_ALLOWED=allowed", "HEARTH_CONNECTION_ORDERS_DB=Host=x", "HEARTH_PARAMETER_WORD_COUNT=3", "HEARTH_JOB=job-7", "HEARTH_EPOCH=5"])
            Assert.Contains(line, seen.Split('\n'), StringComparer.Ordinal);
    }
}
