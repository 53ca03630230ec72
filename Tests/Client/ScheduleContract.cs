using System.Text.Json;
using Hearth.Client;

namespace Hearth.Tests.Client;

/// <summary>What <see cref="IHearthClient"/> promises of schedules, whichever way it goes.</summary>
public abstract class ScheduleContract : IClassFixture<ClientSilo>
{
    private readonly string own = "c" + Guid.NewGuid().ToString("N");

    protected abstract IHearthClient Client { get; }

    private static NewSchedule Nightly { get; } = new(new NewJob("echo", new { Tick = "{{tick}}" })) { Cron = "0 2 * * *", TimeZone = "Europe/Berlin", Queue = "reports" };

    [Fact]
    public async Task A_schedule_is_stored_shown_listed_and_deleted()
    {
        using var calendar = JsonDocument.Parse("""{"windows": [{"from": "01:00", "to": "05:00"}]}""");
        var asked = Nightly with { Overlap = "bufferOne", CatchUp = "all", CatchUpWindow = TimeSpan.FromHours(2), Jitter = TimeSpan.FromMinutes(1), Description = "d", Calendar = calendar.RootElement };
        var made = await Client.PutScheduleAsync(own, asked);
        Assert.Equal((own, "0 2 * * *", "Europe/Berlin", "reports"), (made.Name, made.Cron, made.TimeZone, made.Queue));
        Assert.Equal(("bufferOne", "all", "PT2H", "PT1M"), (made.Overlap, made.CatchUp, made.CatchUpWindow, made.Jitter));
        Assert.Equal("01:00", made.Calendar!.Value.GetProperty("windows")[0].GetProperty("from").GetString());
        Assert.NotNull(made.NextTick);
        Assert.Equal("{{tick}}", made.Job.GetProperty("input").GetProperty("tick").GetString());
        var shown = await Client.GetScheduleAsync(own);
        Assert.Equal(made with { Job = default, Calendar = null }, shown with { Job = default, Calendar = null });
        var names = new List<string>();
        await foreach (var schedule in Client.ListSchedulesAsync())
            names.Add(schedule.Name);
        Assert.Contains(own, names);
        using var answered = JsonDocument.Parse("""{"every": "1h", "start": "2030-01-01T00:00:00Z", "job": {"function": "echo", "input": 1, "priority": 1}}""");
        Assert.Equal(("PT1H", 1), (await Client.PutScheduleAsync(own, answered.RootElement, made.ETag)) is var other ? (other.Every, other.Job.GetProperty("priority").GetInt32()) : default);
        Assert.True((await FailsAsync(() => Client.PutScheduleAsync(own, answered.RootElement, made.ETag))).Is("precondition-failed"));
        Assert.True(await Client.DeleteScheduleAsync(own));
        Assert.False(await Client.DeleteScheduleAsync(own));
        Assert.True((await FailsAsync(() => Client.GetScheduleAsync(own))).Is("unknown-schedule"));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_with_its_field()
    {
        Assert.Equal("cron", (await FailsAsync(() => Client.PutScheduleAsync(own, Nightly with { Cron = "61 * * * *" }))).Problem.Field);
        Assert.Equal("job.function", (await FailsAsync(() => Client.PutScheduleAsync(own, Nightly with { Job = new NewJob("ecko", 1) }))).Problem.Field);
        Assert.Equal("name", (await FailsAsync(() => Client.PutScheduleAsync("No Name", Nightly))).Problem.Field);
        Assert.Equal("count", (await FailsAsync(() => Client.NextTicksAsync(own, 0))).Problem.Field);
        Assert.True((await FailsAsync(() => Client.PutScheduleAsync(own, Nightly, "*"))).Is("precondition-failed"));
        var made = await Client.PutScheduleAsync(own, Nightly);
        await Client.PutScheduleAsync(own, Nightly, made.ETag);
        Assert.True((await FailsAsync(() => Client.PutScheduleAsync(own, Nightly, made.ETag))).Is("precondition-failed"));
    }

    [Fact]
    public async Task It_is_paused_resumed_triggered_and_filled_back()
    {
        await Client.PutScheduleAsync(own, Nightly);
        var paused = await Client.PauseScheduleAsync(own, "why");
        Assert.Equal((true, "why", null), (paused.Paused, paused.Reason, paused.NextTick));
        var run = await Client.TriggerScheduleAsync(own, "a key");
        Assert.Equal(run, await Client.TriggerScheduleAsync(own, "a key"));
        Assert.Equal(("trigger", "submitted"), (run.Cause, run.Outcome));
        Assert.Equal(run.Tick, (await Client.ResultAsync<JsonElement>(run.JobId!)).GetProperty("tick").GetDateTimeOffset());
        var from = new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(-8), TimeSpan.Zero);
        Assert.Equal(new ScheduleBackfill(7, 7, 0), await Client.BackfillScheduleAsync(own, from, from.AddDays(7)));
        Assert.Equal(new ScheduleBackfill(7, 0, 0), await Client.BackfillScheduleAsync(own, from, from.AddDays(7)));
        var runs = new List<ScheduleRun>();
        await foreach (var one in Client.ListScheduleRunsAsync(own))
            runs.Add(one);
        Assert.Equal((8, run), (runs.Count, runs[0]));
        Assert.False((await Client.ResumeScheduleAsync(own)).Paused);
        Assert.True((await FailsAsync(() => Client.TriggerScheduleAsync("no-such-schedule"))).Is("unknown-schedule"));
    }

    [Fact]
    public async Task The_next_ticks_are_told()
    {
        await Client.PutScheduleAsync(own, Nightly);
        var after = new DateTimeOffset(2030, 3, 30, 12, 0, 0, TimeSpan.Zero);
        var ticks = await Client.NextTicksAsync(own, 2, after);
        Assert.Equal([after.AddHours(13), after.AddHours(36)], ticks.Select(t => t.Tick));
        Assert.Equal(10, (await Client.NextTicksAsync(own)).Count);
    }

    private static Task<HearthException> FailsAsync(Func<Task> act) => Assert.ThrowsAsync<HearthException>(act);
}

public sealed class HttpScheduleTests(ClientSilo silo) : ScheduleContract, IDisposable
{
    private readonly HearthClient client = new(new HearthClientOptions { Endpoint = silo.Address });

    protected override IHearthClient Client => client;

    public void Dispose() => client.Dispose();
}

public sealed class InProcessScheduleTests(ClientSilo silo) : ScheduleContract
{
    protected override IHearthClient Client => (IHearthClient)silo.Application.Web.Services.GetService(typeof(IHearthClient))!;
}
