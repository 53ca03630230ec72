using System.Text;
using Hearth.Jobs;
using Hearth.Schedules;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hearth.Tests.Schedules;

public sealed class ScheduleRunnerTests
{
    private static readonly int[] All = [.. Enumerable.Range(0, ScheduleRunner.Slots)];

    private readonly ManualTimeProvider clock = new();
    private readonly InMemoryJobStore jobs;
    private readonly InMemoryScheduleStore store;
    private readonly Queues queues;

    public ScheduleRunnerTests()
    {
        jobs = new InMemoryJobStore(clock);
        store = new InMemoryScheduleStore(jobs);
        queues = new Queues(jobs);
    }

    [Fact]
    public async Task Two_who_run_the_same_schedules_submit_each_tick_once()
    {
        for (var i = 0; i < 20; i++)
            await AddAsync("every-minute-" + i, "* * * * *");
        var seen = 0;
        for (var minute = 0; minute < 10; minute++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            // Both have read before either writes, as an owner and one that was declared dead would.
            var due = await store.DueAsync(All, store.Now, 1_000, default);
            var submitted = await Task.WhenAll(Runner().RunAsync(due, default), Runner().RunAsync(due, default));
            seen += submitted.Sum();
        }

        Assert.Equal(200, seen);
        Assert.Equal(200, (await InboxAsync()).Count);
        foreach (var schedule in await store.ListAsync(null, 100, default))
            Assert.Equal(10, (await store.RunsAsync(schedule.Id, null, 100, default)).Select(r => r.Tick).Distinct().Count());
    }

    [Fact]
    public async Task A_schedule_of_the_code_whose_row_cannot_be_read_stops_no_other()
    {
        await AddAsync("a", "* * * * *");
        await store.CreateAsync(new ScheduleRow(Guid.NewGuid(), "broken", 0, 1, 1, "{"u8.ToArray(), "{}"u8.ToArray(), null), default);
        clock.Advance(TimeSpan.FromMinutes(1));
        var ofCode = new ScheduleDefinition(new ScheduleTiming("* * * * *"), "q", JobSpec.Of("echo", 1));
        using var service = new ScheduleService(
            Runner(), new ScheduleBook(store, queues), store, new TestView("silo"), [new ScheduleRegistration("broken", ofCode)], clock,
            NullLogger<ScheduleService>.Instance);
        await service.StartAsync(default);
        for (var i = 0; (await InboxAsync()).Count == 0; i++)
        {
            Assert.True(i < 1_500, "No tick.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        await service.StopAsync(default);
    }

    [Fact]
    public async Task What_was_not_stored_is_done_by_the_next_who_looks()
    {
        await AddAsync("a", "* * * * *");
        clock.Advance(TimeSpan.FromMinutes(1));
        var due = await store.DueAsync(All, store.Now, 10, default);
        store.IsAway = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Runner().RunAsync(due, default));
        store.IsAway = false;
        Assert.Equal(1, await Runner().RunAsync(await store.DueAsync(All, store.Now, 10, default), default));
        Assert.Single(await InboxAsync());
    }

    [Fact]
    public async Task The_input_tells_the_tick_and_the_schedule()
    {
        await AddAsync("a", "* * * * *", JobSpec.OfText("echo", "{{schedule}} at {{tick}}", new JobOptions { Tags = ["mine"], ExpireAfter = TimeSpan.FromHours(1) }));
        clock.Advance(TimeSpan.FromMinutes(1));
        await RunAsync();
        var job = Assert.Single(await InboxAsync()).Spec;
        Assert.Equal("a at 2030-01-01T00:01:00Z", Encoding.UTF8.GetString(job.Input.Span));
        Assert.Equal(["mine", "schedule:a"], job.Options!.Tags);
        Assert.Equal(clock.GetUtcNow().AddHours(1), job.Options.ExpiresAt);
    }

    [Fact]
    public async Task The_other_job_is_cancelled_before_its_successor_is_submitted()
    {
        await AddAsync("a", "* * * * *", overlap: OverlapPolicy.CancelOther);
        clock.Advance(TimeSpan.FromMinutes(1));
        await RunAsync();
        clock.Advance(TimeSpan.FromMinutes(1));
        await RunAsync();
        var both = await InboxAsync();
        Assert.Equal(2, both.Count);
        Assert.Equal([both[0].Id], queues.Cancelled);
    }

    [Theory]
    [InlineData(OverlapPolicy.Skip)]
    [InlineData(OverlapPolicy.CancelOther)]
    [InlineData(OverlapPolicy.Allow)]
    public async Task Ticks_of_a_backfill_one_after_the_other_wait_for_each_other_whatever_the_overlap(OverlapPolicy overlap)
    {
        await AddAsync("a", "0 * * * *", overlap: overlap);
        var book = new ScheduleBook(store, queues);
        Assert.Equal(4, (await book.BackfillAsync("a", store.Now.AddHours(-4), store.Now, oneByOne: true, default)).Ticks);
        for (var look = 0; look < 3; look++)
        {
            clock.Advance(TimeSpan.FromSeconds(3));
            await RunAsync();
        }

        // The job of the first waits in its inbox.
        Assert.Single(await InboxAsync());
        Assert.Empty(queues.Cancelled);
    }

    [Fact]
    public async Task A_queue_that_cannot_take_jobs_puts_the_tick_off_and_loses_none()
    {
        await AddAsync("a", "0 * * * *");
        clock.Advance(TimeSpan.FromHours(1));
        queues.IsAway = true;
        Assert.Equal(0, await RunAsync());
        Assert.Empty(await store.DueAsync(All, store.Now, 10, default));
        queues.IsAway = false;
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, await RunAsync());
        Assert.Single(await InboxAsync());
    }

    [Fact]
    public async Task One_that_cannot_be_read_does_not_keep_the_others_from_running()
    {
        await AddAsync("good", "* * * * *");
        await store.CreateAsync(new ScheduleRow(Guid.NewGuid(), "bad", 0, 1, 1, "{\"of\":\"the future\"}"u8.ToArray(), "{}"u8.ToArray(), store.Now), default);
        Assert.Contains("'bad'", (await Assert.ThrowsAsync<ScheduleUnreadableException>(() => new ScheduleBook(store, queues).FindAsync("bad", default))).Message, StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, await RunAsync());
        Assert.Empty(await store.DueAsync(All, store.Now, 10, default));
    }

    [Fact]
    public async Task One_that_cannot_be_stored_does_not_keep_the_others_from_running()
    {
        await AddAsync("bad", "* * * * *");
        await AddAsync("good", "* * * * *");
        store.Rejected = (await store.FindAsync("bad", default))!.Id;
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, await RunAsync());
        Assert.Empty(await store.DueAsync(All, store.Now, 10, default));
        store.Rejected = null;
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, await RunAsync());
    }

    private ScheduleRunner Runner() => new(store, queues, NullLogger<ScheduleRunner>.Instance);

    private async Task<int> RunAsync() => await Runner().RunAsync(await store.DueAsync(All, store.Now, 100, default), default);

    private async Task AddAsync(string name, string cron, JobSpec? job = null, OverlapPolicy overlap = OverlapPolicy.Allow)
    {
        var definition = new ScheduleDefinition(new ScheduleTiming(cron), "default", job ?? JobSpec.OfText("echo", "x")) { Overlap = overlap };
        var state = new ScheduleState { Tick = store.Now };
        var row = new ScheduleRow(Guid.NewGuid(), name, ScheduleRunner.SlotOf(name), 1, 1, Schedule.Write(definition), state.Write(), null);
        Assert.True(await store.CreateAsync(row with { NextAt = ScheduleTurn.NextAt(Schedule.Read(row).Table, state, store.Now) }, default));
    }

    private async Task<List<JobRow>> InboxAsync() =>
        [.. (await jobs.ReadInboxAsync(await queues.ShardAsync("default", JobSpec.OfText("echo", "x"), default), 0, default)).Rows.Select(row => row.Job)];

    private sealed class Queues(InMemoryJobStore jobs) : IScheduleQueues
    {
        public bool IsAway { get; set; }

        public List<JobId> Cancelled { get; } = [];

        public int? Load { get; set; }

        public async ValueTask<int> ShardAsync(string queue, JobSpec job, CancellationToken cancellationToken) => IsAway
            ? throw new StoreUnavailableException("No silo.")
            : await jobs.ShardNumberAsync(ShardKey.Of(queue), cancellationToken)
                ?? (await jobs.ClaimAsync(ShardKey.Of(queue), "silo", isPlanned: false, cancellationToken)).Number;

        public Task TakeInAsync(JobId job, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask<int?> LoadAsync(string queue, CancellationToken cancellationToken) => new(Load);

        public Task CancelAsync(JobId job, CancellationToken cancellationToken)
        {
            Cancelled.Add(job);
            return Task.CompletedTask;
        }
    }
}
