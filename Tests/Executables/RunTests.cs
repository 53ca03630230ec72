using System.Diagnostics;
using System.Security.Cryptography;
using Hearth.Executables;
using Hearth.Functions;

namespace Hearth.Tests.Executables;

public sealed class RunTests : ExecutableTests
{
    [Fact]
    public async Task Cat_gives_back_five_megabytes_unchanged()
    {
        var bytes = RandomNumberGenerator.GetBytes(5_000_000);
        using var output = new MemoryStream();
        var usage = await World.Function("/bin/cat").RunAsync(new MemoryStream(bytes), output, World.Context(), default);
        Assert.True(bytes.AsSpan().SequenceEqual(output.ToArray()));
        Assert.Equal((5_000_000, 5_000_000), (usage.InputBytes, usage.OutputBytes));
        Assert.True(usage.MemoryBytesMax > 100_000, $"{usage}");
    }

    [Fact]
    public async Task Exit_code_is_told()
    {
        var failure = await Assert.ThrowsAsync<FunctionException>(() => World.RunAsync(World.Script("exit 3")));
        Assert.Contains("exited with code 3", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(75, RunVerdict.Snooze, 300, BackOff.Job)]
    [InlineData(76, RunVerdict.RetryAfter, 2, BackOff.Job)]
    [InlineData(77, RunVerdict.Snooze, 60, BackOff.Queue)]
    [InlineData(78, RunVerdict.RetryAfter, 60, BackOff.Key)]
    [InlineData(65, RunVerdict.FailForGood, null, BackOff.Job)]
    [InlineData(66, RunVerdict.Discard, null, BackOff.Job)]
    public async Task Exit_code_means_what_the_manifest_says(int code, RunVerdict verdict, int? seconds, BackOff backOff)
    {
        var meanings = new Dictionary<string, string>
        {
            ["75"] = "snooze 5m", ["76"] = "retryAfter PT2S", ["77"] = "snooze 1m backOff queue", ["78"] = "retryAfter 1m backOff key",
            ["65"] = "failForGood", ["66"] = "discard", ["11"] = "discard",
        };
        var wanted = await Assert.ThrowsAsync<FunctionOutcomeException>(() => World.RunAsync(World.Script($"exit {code}", new { exitCodes = meanings })));
        Assert.Equal((verdict, seconds, backOff), (wanted.Verdict, (int?)wanted.Wait?.TotalSeconds, wanted.BackOff));
        Assert.Contains($"exited with code {code}", wanted.Message, StringComparison.Ordinal);
        // Others fail, and a signal is no exit code.
        await Assert.ThrowsAsync<FunctionException>(() => World.RunAsync(World.Script("exit 3", new { exitCodes = meanings })));
        await Assert.ThrowsAsync<FunctionException>(() => World.RunAsync(World.Script("kill -SEGV $$", new { exitCodes = meanings })));
    }

    [Fact]
    public async Task Signal_is_told_by_name()
    {
        var failure = await Assert.ThrowsAsync<FunctionException>(() => World.RunAsync(World.Script("kill -SEGV $$")));
        Assert.Contains("was ended by signal 11 (SIGSEGV)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Error_output_goes_to_the_log_line_by_line_without_control_characters()
    {
        await World.RunAsync(World.Script("printf 'one\\ntw\\033[31mo' >&2"));
        Assert.Contains(World.Log.Lines, line => line.EndsWith(": one", StringComparison.Ordinal));
        Assert.Contains(World.Log.Lines, line => line.EndsWith(": tw\uFFFD[31mo", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Error_output_is_cut_and_the_log_says_so()
    {
        await World.RunAsync(World.Script("head -c 2000000 /dev/zero | tr '\\0' x >&2"));
        Assert.True(World.Log.Lines.Sum(line => line.Length) < 300_000);
        Assert.Contains(World.Log.Lines, line => line.Contains("was cut", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Too_much_output_ends_the_run_before_it_is_passed_on()
    {
        using var output = new MemoryStream();
        var endless = World.Function("/bin/cat", new { arguments = new[] { "/dev/zero" }, outputBytesMax = 1_000_000 });
        var failure = await Assert.ThrowsAsync<FunctionException>(() => endless.RunAsync(Stream.Null, output, World.Context(), default))
            .WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Contains("wrote more than 1000000 bytes", failure.Message, StringComparison.Ordinal);
        Assert.True(output.Length <= 1_000_000);
    }

    [Fact]
    public async Task Program_that_never_reads_a_large_input_succeeds()
    {
        using var output = new MemoryStream();
        await World.Script("sleep 0.3; echo done").RunAsync(new EndlessStream(), output, World.Context(), default)
            .WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("done\n"u8.ToArray(), output.ToArray());
    }

    [Fact]
    public async Task Program_that_closes_its_output_early_runs_to_its_end()
    {
        var mark = Path.Combine(World.Folder, "mark");
        Assert.Equal("early\n", await World.RunAsync(World.Script($"echo early; exec >&-; cat >/dev/null; touch {mark}"), new string('x', 1_000_000)));
        Assert.True(File.Exists(mark));
    }

    [Fact]
    public async Task Slow_reader_stops_the_program()
    {
        using var cancel = new CancellationTokenSource();
        var produced = Path.Combine(World.Folder, "produced");
        var producer = World.Script(
            $"while :; do head -c 65536 /dev/zero; echo x >>{produced}; done", new { outputBytesMax = 1_000_000_000 });
        var running = producer.RunAsync(Stream.Null, new StuckStream(), World.Context(), cancel.Token);
        await ProcessWatch.UntilAsync(TimeSpan.FromSeconds(10), "the first output", () => File.Exists(produced));
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, default);
        // Pipe, socket and one piece each: far less than a second's worth.
        Assert.InRange(new FileInfo(produced).Length / 2, 1, 60);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task Cancel_is_heard_while_the_input_is_stuck()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => World.Script("sleep 30").RunAsync(new EndlessStream(), Stream.Null, World.Context(), cancel.Token));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.4, 4);
    }

    [Fact]
    public async Task Failure_of_the_callers_input_is_not_an_end_of_input()
    {
        var mark = Path.Combine(World.Folder, "took-it-for-the-end");
        await Assert.ThrowsAsync<InvalidDataException>(() => World.Script($"cat >/dev/null; touch {mark}; sleep 30")
            .RunAsync(new FailingStream(), Stream.Null, World.Context(), default).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.False(File.Exists(mark));
    }

    [Fact]
    public async Task Each_run_has_a_fresh_private_folder_that_goes_with_it()
    {
        var script = World.Script("ls -A; stat -c %a .; mkdir -p a/b; touch a/b/c; ln -s / root; pwd >&2");
        Assert.Equal("700\n", await World.RunAsync(script));
        Assert.Equal("700\n", await World.RunAsync(script));
        var folders = World.Log.Lines.Select(line => line[(line.IndexOf('/', StringComparison.Ordinal))..]).ToList();
        Assert.Equal(2, folders.Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain(folders, Directory.Exists);
    }

    [Fact]
    public async Task Broken_pipe_inside_a_program_ends_it_as_in_a_terminal()
    {
        // With SIGPIPE ignored, as .NET has it, yes would complain and the pipeline's first part would outlive its reader.
        Assert.Equal("y\n", await World.RunAsync(World.Script("yes | head -n 1")));
        Assert.DoesNotContain(World.Log.Lines, line => line.Contains("roken pipe", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Processor_time_of_the_whole_tree_is_counted()
    {
        await World.RunAsync(World.Script("(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done); true"));
        Assert.InRange(Assert.Single(World.Used).CpuSeconds, 0.05, 20);
    }

    [Fact]
    public async Task Shipped_example_counts_words()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Cluster.sln")))
            folder = folder.Parent;
        var shipped = ManifestReader.Read(Path.Combine(folder.FullName, "functions", "top-words.json"));
        Assert.Empty(shipped.Mistakes);
        var answer = await World.RunAsync(new ExecutableFunction(shipped.Manifest!, World.Host), "the cat and THE dog, the end");
        Assert.StartsWith("""[{"word":"the","count":3},{"word":"and","count":1},""", answer, StringComparison.Ordinal);
    }
}
