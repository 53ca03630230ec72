using System.Collections.Concurrent;
using System.Text;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>What a run says of itself while it runs as a job.</summary>
public sealed class SayingTests : JobWorldTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly JobOptions Retried = new() { Retry = new RetryPolicy(20, Second, Factor: 1, Jitter: 0) };

    [Fact]
    public async Task Progress_is_seen_while_the_job_runs_and_leaves_the_run_once_a_second()
    {
        var silo = await world.StartAsync();
        FunctionContext? run = null;
        world.Script = async (context, _) =>
        {
            (run = context).Progress(0.1, "first");
            await world.Gate("gate").Task;
            return "";
        };
        var id = await silo.SubmitAsync("script");
        await ProgressAsync(silo, id, 10, "first");
        for (var i = 2; i <= 99; i++)
            run!.Progress(i / 100.0, $"at {i}");
        await JobWorld.PauseAsync();
        await ProgressAsync(silo, id, 10, "first");
        world.Clock.Advance(Second);
        await ProgressAsync(silo, id, 99, "at 99");
        Assert.Equal(world.Clock.GetUtcNow(), (await silo.OpenAsync(id))!.Value.Progress!.At);

        world.Gate("gate").SetResult();
        await world.EndAsync(id);
        run!.Progress(1);
        world.Clock.Advance(Second);
        Assert.Null(await silo.OpenAsync(id));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(7, 100)]
    [InlineData(double.NaN, 0)]
    [InlineData(0.33333, 33.3)]
    public async Task Whatever_is_told_as_progress_is_shown_within_its_bounds(double share, double percent)
    {
        var silo = await world.StartAsync();
        world.Script = async (context, _) =>
        {
            // The cut falls into a pair.
            context.Progress(share, new string('x', 199) + "😀" + new string('y', 500));
            await world.Gate("gate").Task;
            return "";
        };
        await ProgressAsync(silo, await silo.SubmitAsync("script"), percent, new string('x', 199));
    }

    /// <summary>It may be said once and never again.</summary>
    [Fact]
    public async Task Progress_that_is_said_while_the_shard_changes_hands_is_heard()
    {
        FunctionContext? run = null;
        var (silo, over) = (await world.StartAsync(), new TaskCompletionSource<string>());
        world.Script = (context, _) =>
        {
            run = context;
            return over.Task;
        };
        var id = await silo.SubmitAsync("script");
        await world.RunsAsync(id);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Store.BeforeAnswer = method => method == "RecoverAsync" ? answer.Task : Task.CompletedTask;
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silo.SubmitAsync("echo"));
        await JobWorld.EventuallyAsync(() => run is not null, "it runs");
        run!.Progress(0.5, "half");
        await JobWorld.PauseAsync();
        answer.SetResult();
        await JobWorld.EventuallyAsync(
            async () =>
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return await silo.OpenAsync(id) is { Progress.Message: "half" };
            },
            "its progress is shown");
        over.SetResult("");
        await world.EndLaterAsync(id, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Progress_of_an_attempt_that_is_over_is_not_that_of_the_next()
    {
        var silo = await world.StartAsync();
        world.Script = async (context, _) =>
        {
            if (context.Attempt == 1)
            {
                context.Progress(0.5, "one");
                await world.Gate("one").Task;
                throw new InvalidOperationException();
            }

            await world.Gate("two").Task;
            return "";
        };
        var id = await silo.SubmitAsync("script", "", Retried);
        await ProgressAsync(silo, id, 50, "one");
        world.Gate("one").SetResult();
        await world.StateAsync(silo, id, JobState.Retrying);
        Assert.Null((await silo.OpenAsync(id))!.Value.Progress);
        world.Clock.Advance(Second);
        await world.RunsAsync(id, 2);
        await silo.Shard.ProgressAsync(id, 1, new JobProgress(60, "late", default));
        Assert.Null((await silo.OpenAsync(id))!.Value.Progress);
        await silo.Shard.ProgressAsync(id, 2, new JobProgress(70, "two", default));
        await ProgressAsync(silo, id, 70, "two");
    }

    [Fact]
    public async Task What_one_attempt_saves_the_next_can_read_and_the_last_one_wins()
    {
        var silo = await world.StartAsync();
        var read = new ConcurrentQueue<Page?>();
        world.Script = async (context, stop) =>
        {
            read.Enqueue(await context.ReadDetailAsync<Page>(stop));
            await context.SaveDetailAsync(new Page(context.Attempt, "lost"), stop);
            await context.SaveDetailAsync(new Page(context.Attempt * 10, "kept"), stop);
            return context.Attempt < 3 ? throw new InvalidOperationException() : "";
        };
        var id = await silo.SubmitAsync("script", "", Retried);
        await world.EndLaterAsync(id, Second);
        Assert.Equal([null, new Page(10, "kept"), new Page(20, "kept")], read);
        Assert.Single((await world.Store.HistoryAsync(id, CancellationToken.None)).Notes);
    }

    [Fact]
    public async Task A_detail_outlives_its_silo()
    {
        var silo = await world.StartAsync();
        var read = new ConcurrentQueue<int>();
        world.Script = async (context, stop) =>
        {
            read.Enqueue(await context.ReadDetailAsync<int>(stop));
            await context.SaveDetailAsync(context.Attempt, stop);
            if (context.Epoch == 1)
                await world.Gate("gate").Task;
            return "";
        };
        var id = await silo.SubmitAsync("script");
        await JobWorld.EventuallyAsync(async () => await DetailAsync(id) == "1", "it is saved");
        silo.Crash();
        await (await world.StartAsync()).Shard.WakeAsync();
        await world.EndAsync(id);
        Assert.Equal([0, 1], read);
    }

    [Fact]
    public async Task A_detail_is_stored_before_the_run_goes_on()
    {
        var silo = await world.StartAsync();
        var saved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Script = async (context, stop) =>
        {
            await world.Gate("begin").Task;
            await context.SaveDetailAsync("x", stop);
            saved.SetResult();
            await world.Gate("gate").Task;
            return "";
        };
        var id = await silo.SubmitAsync("script");
        await world.RunsAsync(id);
        silo.Store.HoldWrites();
        world.Gate("begin").SetResult();
        await JobWorld.EventuallyAsync(() => silo.Store.HeldWrites == 1, "the detail waits to be stored");
        await JobWorld.PauseAsync();
        Assert.False(saved.Task.IsCompleted);
        silo.Store.ReleaseWrites();
        await saved.Task;
        Assert.Equal("\"x\"", await DetailAsync(id));
    }

    [Fact]
    public async Task A_detail_that_the_store_did_not_take_is_saved_again()
    {
        var silo = await world.StartAsync();
        world.Script = async (context, stop) =>
        {
            silo.Store.FailNextWrite();
            await context.SaveDetailAsync("x", stop);
            return "";
        };
        var id = await silo.SubmitAsync("script");
        Assert.Equal(JobState.Succeeded, (await world.EndLaterAsync(id, TimeSpan.FromMilliseconds(100))).State);
        Assert.Equal("\"x\"", await DetailAsync(id));
    }

    [Fact]
    public async Task An_attempt_that_was_taken_over_cannot_overwrite_the_detail()
    {
        var silo = await world.StartAsync();
        var saved = new ConcurrentQueue<string>();
        world.Script = async (context, _) =>
        {
            await world.Gate("save " + context.Attempt).Task;
            try
            {
                await context.SaveDetailAsync(context.Attempt, CancellationToken.None);
                saved.Enqueue("taken");
            }
            catch (FunctionException e)
            {
                saved.Enqueue(e.Message.Contains("is over", StringComparison.Ordinal) ? "refused" : e.Message);
            }

            await world.Gate("end " + context.Attempt).Task;
            return "";
        };
        var id = await silo.SubmitAsync("script");
        await world.RunsAsync(id);
        // Its pump tells that it does not hold it: another attempt begins while the first still runs.
        await silo.Shard.DisownAsync("script", silo.NextCall(), []);
        await world.RunsAsync(id, 2);
        world.Gate("save 2").SetResult();
        await JobWorld.EventuallyAsync(() => saved.Count == 1, "the second has saved");
        world.Gate("save 1").SetResult();
        await JobWorld.EventuallyAsync(() => saved.Count == 2, "the first has tried");
        Assert.Equal(["taken", "refused"], saved);
        Assert.Equal("2", await DetailAsync(id));
    }

    [Fact]
    public async Task A_run_whose_job_was_cancelled_saves_nothing()
    {
        var silo = await world.StartAsync();
        var refused = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Script = async (context, _) =>
        {
            await world.Gate("gate").Task;
            refused.SetResult(await Assert.ThrowsAsync<FunctionException>(() => context.SaveDetailAsync("x", CancellationToken.None)));
            return "";
        };
        var id = await silo.SubmitAsync("script");
        await world.RunsAsync(id);
        await silo.Shard.CancelAsync(id);
        world.Gate("gate").SetResult();
        await refused.Task;
        Assert.Null(await DetailAsync(id));
    }

    [Fact]
    public async Task A_detail_has_at_most_16_KiB()
    {
        var silo = await world.StartAsync();
        world.Script = async (context, stop) =>
        {
            await context.SaveDetailAsync(new string('x', (16 << 10) - 2), stop);
            await context.SaveDetailAsync(new string('x', (16 << 10) - 1), stop);
            return "";
        };
        var id = await silo.SubmitAsync("script", "", new JobOptions { Retry = new RetryPolicy(1) });
        Assert.Equal("ArgumentException", (await world.EndAsync(id)).ErrorType);
        Assert.Equal(16 << 10, (await DetailAsync(id))!.Length);
    }

    [Fact]
    public async Task The_last_lines_of_an_attempt_are_stored_with_its_end()
    {
        var silo = await world.StartAsync();
        var writes = new ConcurrentQueue<(int Ends, int Attempts, int Notes)>();
        silo.Store.OnWrite = write => writes.Enqueue((write.Ends.Length, write.Attempts.Length, write.Notes.Length));
        world.Script = (context, _) =>
        {
            for (var i = 1; i <= 150; i++)
                context.Log($"line {i} " + new string('x', i == 150 ? 5_000 : 1));
            return context.Attempt == 1 ? throw new InvalidOperationException() : Task.FromResult("");
        };
        var id = await silo.SubmitAsync("script", "", Retried);
        await world.EndLaterAsync(id, Second);
        var logs = await LogsAsync(id);
        Assert.Equal([1, 2], logs.Keys);
        Assert.All(logs.Values, log =>
        {
            Assert.Equal((50, 100, "line 51 x"), (log.Dropped, log.Lines.Count, log.Lines[0].Text));
            Assert.Equal(1_000, log.Lines[^1].Text.Length);
        });
        // One commit for both, so that neither is there without the other.
        Assert.Equal([(0, 1, 1), (1, 0, 1)], writes.Where(write => write.Notes > 0));
    }

    [Fact]
    public async Task Logs_of_the_last_ten_attempts_are_kept()
    {
        var silo = await world.StartAsync();
        world.Script = (context, _) =>
        {
            context.Log($"attempt {context.Attempt}");
            return context.Attempt <= 12 ? throw JobOutcome.Snooze(Second) : Task.FromResult("");
        };
        var id = await silo.SubmitAsync("script");
        await world.EndLaterAsync(id, Second);
        Assert.Equal(Enumerable.Range(4, 10), (await LogsAsync(id)).Keys);
    }

    [Fact]
    public async Task A_log_that_grows_when_it_is_written_keeps_its_bound()
    {
        var silo = await world.StartAsync();
        world.Script = (context, _) =>
        {
            // Six bytes each as JSON; and half a pair, which is no text.
            for (var i = 0; i < 100; i++)
                context.Log(new string('\u0001', 999) + '\ud83d');
            return Task.FromResult("");
        };
        var id = await silo.SubmitAsync("script");
        await world.EndAsync(id);
        var note = Assert.Single((await world.Store.HistoryAsync(id, CancellationToken.None)).Notes);
        Assert.InRange(Encoding.UTF8.GetByteCount(note.Text), 200 << 10, JobLimits.NoteBytesMax);
        var log = AttemptLog.Read(note.Text);
        Assert.Equal(100, log.Lines.Count + log.Dropped);
    }

    [Fact]
    public async Task A_job_that_says_nothing_costs_no_row()
    {
        var silo = await world.StartAsync();
        silo.Store.OnWrite = write => Assert.Equal(0, write.Notes.Length);
        var id = await silo.SubmitAsync("flaky", "2", Retried);
        Assert.Equal(JobState.Succeeded, (await world.EndLaterAsync(id, Second)).State);
    }

    [Fact]
    public async Task A_run_knows_the_trace_of_whoever_submitted_its_job()
    {
        var silo = await world.StartAsync();
        var traces = new ConcurrentQueue<string?>();
        world.Script = (context, _) =>
        {
            traces.Enqueue(context.TraceParent);
            return Task.FromResult("");
        };
        const string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await world.EndAsync(await silo.SubmitAsync("script", "", new JobOptions { TraceParent = trace }));
        await world.EndAsync(await silo.SubmitAsync("script"));
        Assert.Equal([trace, null], traces);
    }

    private static Task ProgressAsync(JobSilo silo, JobId id, double percent, string message) => JobWorld.EventuallyAsync(
        async () => (await silo.OpenAsync(id))?.Progress is { } progress && progress.Percent == percent && progress.Message == message,
        $"job {id} is at {percent} %: {message}");

    private async Task<string?> DetailAsync(JobId id) => (await world.Store.FindNoteAsync(id, NoteNumbers.Detail, CancellationToken.None))?.Text;

    private async Task<SortedDictionary<int, AttemptLog>> LogsAsync(JobId id) => new(
        (await world.Store.HistoryAsync(id, CancellationToken.None)).Notes.Where(note => note.Kind == NoteKind.Log)
            .ToDictionary(note => note.Attempt, note => AttemptLog.Read(note.Text)));

    private sealed record Page(int Number, string Text);
}
