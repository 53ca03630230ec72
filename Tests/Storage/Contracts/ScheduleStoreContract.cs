using System.Text;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>What <see cref="IScheduleStore"/> promises, whoever keeps it.</summary>
public abstract class ScheduleStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Day = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);

    private IScheduleStore Store { get; set; } = null!;

    private IJobStore Jobs { get; set; } = null!;

    private int Shard { get; set; }

    protected abstract Task<(IScheduleStore Schedules, IJobStore Jobs)> OpenAsync();

    protected abstract Task CloseAsync();

    public async Task InitializeAsync()
    {
        (Store, Jobs) = await OpenAsync();
        Shard = (await Jobs.ClaimAsync("default/default/0", "silo-1", isPlanned: false, CancellationToken.None)).Number;
    }

    public Task DisposeAsync() => CloseAsync();

    [Fact]
    public async Task A_schedule_comes_back_as_it_was_stored()
    {
        var row = Row("a", Day.AddTicks(12_340));
        Assert.True(await Store.CreateAsync(row, default));
        Assert.False(await Store.CreateAsync(Row("a"), default));
        AssertSame(row, (await Store.FindAsync("a", default))!);
        Assert.Null(await Store.FindAsync("b", default));
    }

    [Fact]
    public async Task Lists_go_on_where_they_stopped_in_the_order_of_the_bytes()
    {
        foreach (var name in new[] { "b", "a.1", "a-1", "a_1", "c" })
            await Store.CreateAsync(Row(name), default);
        Assert.Equal(["a-1", "a.1", "a_1"], (await Store.ListAsync(null, 3, default)).Select(s => s.Name));
        Assert.Equal(["b", "c"], (await Store.ListAsync("a_1", 3, default)).Select(s => s.Name));
    }

    [Fact]
    public async Task Those_that_are_due_are_found_by_slot_the_longest_due_first()
    {
        await Store.CreateAsync(Row("late", Day.AddHours(-2), slot: 1), default);
        await Store.CreateAsync(Row("now", Day, slot: 2), default);
        await Store.CreateAsync(Row("later", Day.AddSeconds(1), slot: 1), default);
        await Store.CreateAsync(Row("other", Day.AddHours(-3), slot: 3), default);
        await Store.CreateAsync(Row("paused", null, slot: 1), default);
        Assert.Equal(["late", "now"], (await Store.DueAsync([1, 2], Day, 10, default)).Select(s => s.Name));
        Assert.Equal(["late"], (await Store.DueAsync([1, 2], Day, 1, default)).Select(s => s.Name));
        Assert.Empty(await Store.DueAsync([], Day, 10, default));
    }

    [Fact]
    public async Task A_tick_moves_its_schedule_and_its_job_is_in_the_inbox()
    {
        var row = Row("a", Day);
        await Store.CreateAsync(row, default);
        var change = Tick(row, Day, out var job) with { NextAt = Day.AddHours(1) };
        var changed = Assert.Single(await Store.ChangeAsync([change], default));
        Assert.Equal((true, job), (changed.IsDone, Assert.Single(changed.Jobs)));
        var stored = (await Store.FindAsync("a", default))!;
        Assert.Equal((2, 1, Day.AddHours(1)), (stored.Revision, stored.Version, stored.NextAt!.Value));
        var posted = Assert.Single((await Jobs.ReadInboxAsync(Shard, 0, default)).Rows).Job;
        Assert.Equal((job, "echo", "1"), (posted.Id, posted.Spec.Function, Encoding.UTF8.GetString(posted.Spec.Input.Span)));
        Assert.Equal(["schedule:a"], posted.Spec.Options!.Tags);
        Assert.Equal(change.Runs[0], Assert.Single(await Store.RunsAsync(row.Id, null, 10, default)));
    }

    [Fact]
    public async Task Of_two_who_tick_the_same_schedule_one_is_refused_and_submits_nothing()
    {
        var row = Row("a", Day);
        await Store.CreateAsync(row, default);
        var changes = Enumerable.Range(0, 8).Select(_ => Tick(row, Day, out var _)).ToList();
        var changed = await Task.WhenAll(changes.Select(change => Store.ChangeAsync([change], default)));
        Assert.Single(changed, c => c[0].IsDone);
        Assert.Single((await Jobs.ReadInboxAsync(Shard, 0, default)).Rows);
        Assert.Single(await Store.RunsAsync(row.Id, null, 10, default));
    }

    [Fact]
    public async Task A_tick_that_has_a_job_gets_no_second_one()
    {
        var row = Row("a", Day);
        await Store.CreateAsync(row, default);
        await Store.ChangeAsync([Tick(row, Day, out var first)], default);
        // A backfill, say: its condition holds, its tick has run.
        var second = Tick(row with { Revision = 2 }, Day, out var _);
        var changed = Assert.Single(await Store.ChangeAsync([second], default));
        Assert.True(changed.IsDone);
        Assert.Empty(changed.Jobs);
        Assert.Equal(first, Assert.Single((await Jobs.ReadInboxAsync(Shard, 0, default)).Rows).Job.Id);
        Assert.Equal(first, Assert.Single(await Store.RunsAsync(row.Id, null, 10, default)).Job);
    }

    [Fact]
    public async Task A_tick_without_a_job_can_get_one_later()
    {
        var row = Row("a", Day);
        await Store.CreateAsync(row, default);
        var missed = new ScheduleRunRow(Day, TickCause.Tick, TickOutcome.Missed, Day, Detail: "nobody");
        await Store.ChangeAsync([new ScheduleChange(row.Id, 1, row.State, null) { Runs = [missed] }], default);
        Assert.Equal(missed, Assert.Single(await Store.RunsAsync(row.Id, null, 10, default)));
        var changed = await Store.ChangeAsync([Tick(row with { Revision = 2 }, Day, out var job)], default);
        Assert.Equal(job, Assert.Single(changed[0].Jobs));
        Assert.Equal((TickOutcome.Submitted, job), Assert.Single(await Store.RunsAsync(row.Id, null, 10, default)) is var run ? (run.Outcome, run.Job!.Value) : default);
    }

    [Fact]
    public async Task A_key_is_used_once()
    {
        var row = Row("a", Day);
        await Store.CreateAsync(row, default);
        var first = Tick(row, Day, out var job, TickCause.Trigger, "key");
        Assert.True((await Store.ChangeAsync([first], default))[0].IsDone);
        var second = Tick(row with { Revision = 2 }, Day.AddHours(1), out var _, TickCause.Trigger, "key");
        Assert.False((await Store.ChangeAsync([second], default))[0].IsDone);
        Assert.Equal(job, (await Store.FindRunAsync(row.Id, "key", default))!.Job);
        Assert.Null(await Store.FindRunAsync(row.Id, "another", default));
        Assert.Single((await Jobs.ReadInboxAsync(Shard, 0, default)).Rows);
        Assert.Equal(2, (await Store.FindAsync("a", default))!.Revision);
    }

    [Fact]
    public async Task Each_change_of_a_batch_has_its_own_condition()
    {
        var rows = Enumerable.Range(0, 5).Select(i => Row("n" + i, Day)).ToList();
        foreach (var row in rows)
            await Store.CreateAsync(row, default);
        var changes = rows.Select((row, i) => Tick(i == 2 ? row with { Revision = 7 } : row, Day, out _)).ToList();
        Assert.Equal([true, true, false, true, true], (await Store.ChangeAsync(changes, default)).Select(c => c.IsDone));
        Assert.Equal(4, (await Jobs.ReadInboxAsync(Shard, 0, default)).Rows.Count);
    }

    [Fact]
    public async Task A_new_definition_is_a_new_version()
    {
        var row = Row("a", Day);
        await Store.CreateAsync(row, default);
        await Store.ChangeAsync([new ScheduleChange(row.Id, 1, "{\"s\":2}"u8.ToArray(), null, "{\"d\":2}"u8.ToArray(), IsNewVersion: true)], default);
        AssertSame(row with { Revision = 2, Version = 2, NextAt = null, State = "{\"s\":2}"u8.ToArray(), Definition = "{\"d\":2}"u8.ToArray() }, (await Store.FindAsync("a", default))!);
    }

    [Fact]
    public async Task Runs_are_listed_latest_first_and_forgotten_by_age()
    {
        var row = Row("a", Day);
        await Store.CreateAsync(row, default);
        var runs = Enumerable.Range(0, 5).Select(i => new ScheduleRunRow(Day.AddHours(i), TickCause.Tick, TickOutcome.Skipped, Day, Detail: "i" + i)).ToList();
        var trigger = new ScheduleRunRow(Day.AddHours(2), TickCause.Trigger, TickOutcome.Skipped, Day);
        await Store.ChangeAsync([new ScheduleChange(row.Id, 1, row.State, null) { Runs = [.. runs, trigger] }], default);
        Assert.Equal([runs[4], runs[3], trigger], await Store.RunsAsync(row.Id, null, 3, default));
        Assert.Equal([runs[2], runs[1]], await Store.RunsAsync(row.Id, new ScheduleRunPosition(trigger.Tick, trigger.Cause), 2, default));
        await Store.ForgetRunsAsync(Day.AddHours(3), default);
        Assert.Equal([runs[4], runs[3]], await Store.RunsAsync(row.Id, null, 10, default));
    }

    [Fact]
    public async Task A_run_made_lately_of_an_old_tick_is_not_forgotten()
    {
        var row = Row("a", Day);
        await Store.CreateAsync(row, default);
        var old = new ScheduleRunRow(Day, TickCause.Tick, TickOutcome.Skipped, Day);
        var late = new ScheduleRunRow(Day.AddHours(1), TickCause.Tick, TickOutcome.Skipped, Day.AddDays(40));
        await Store.ChangeAsync([new ScheduleChange(row.Id, 1, row.State, null) { Runs = [old, late] }], default);
        await Store.ForgetRunsAsync(Day.AddDays(30), default);
        Assert.Equal([late], await Store.RunsAsync(row.Id, null, 10, default));
        await Store.ForgetRunsAsync(Day.AddDays(41), default);
        Assert.Empty(await Store.RunsAsync(row.Id, null, 10, default));
    }

    [Fact]
    public async Task A_job_is_open_from_the_inbox_to_its_end()
    {
        var row = Row("a", Day);
        await Store.CreateAsync(row, default);
        await Store.ChangeAsync([Tick(row, Day, out var job)], default);
        var unknown = InboxIds.Create(Day, Shard);
        Assert.Equal([job], await Store.OpenAsync([job, unknown], default));
        var epoch = (await Jobs.ShardsAsync(default)).Single(s => s.Number == Shard).Epoch;
        await Jobs.WriteAsync(new ShardWrite(Shard, epoch) { Jobs = new[] { new JobRow(job, Spec) } });
        Assert.Equal([job], await Store.OpenAsync([job], default));
        await Jobs.WriteAsync(new ShardWrite(Shard, epoch) { Ends = new[] { new JobEnd(job, JobState.Succeeded, 1, Day, Day, default, null) } });
        Assert.Empty(await Store.OpenAsync([job], default));
    }

    [Fact]
    public async Task What_is_deleted_takes_its_runs_along_and_only_as_it_was_seen()
    {
        var row = Row("a", Day);
        await Store.CreateAsync(row, default);
        await Store.ChangeAsync([Tick(row, Day, out _)], default);
        Assert.False(await Store.DeleteAsync(row.Id, 1, default));
        Assert.True(await Store.DeleteAsync(row.Id, 2, default));
        Assert.Null(await Store.FindAsync("a", default));
        Assert.Empty(await Store.RunsAsync(row.Id, null, 10, default));
        Assert.True(await Store.CreateAsync(Row("a"), default));
    }

    private static JobSpec Spec { get; } = new("echo", "application/json", "1"u8.ToArray(), new JobOptions { Tags = ["schedule:a"], Priority = 2 });

    private ScheduleChange Tick(ScheduleRow row, DateTimeOffset tick, out JobId job, TickCause cause = TickCause.Tick, string? key = null)
    {
        job = InboxIds.Create(tick, Shard);
        return new ScheduleChange(row.Id, row.Revision, row.State, row.NextAt)
        {
            Runs = [new ScheduleRunRow(tick, cause, TickOutcome.Submitted, tick, job, key)],
            Posts = [new InboxPost(Shard, job, Spec)],
        };
    }

    private static ScheduleRow Row(string name, DateTimeOffset? nextAt = null, int slot = 0) =>
        new(Guid.NewGuid(), name, slot, 1, 1, "{\"d\":1}"u8.ToArray(), "{\"s\":1}"u8.ToArray(), nextAt);

    private static void AssertSame(ScheduleRow expected, ScheduleRow row)
    {
        Assert.Equal(expected with { Definition = default, State = default }, row with { Definition = default, State = default });
        Assert.Equal(expected.Definition.ToArray(), row.Definition.ToArray());
        Assert.Equal(expected.State.ToArray(), row.State.ToArray());
    }
}
