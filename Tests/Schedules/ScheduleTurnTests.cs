using Hearth.Jobs;
using Hearth.Schedules;
using Hearth.Storage;

namespace Hearth.Tests.Schedules;

/// <summary>What a schedule does at a time, as a list of what became of which tick: no store, no clock.</summary>
public sealed class ScheduleTurnTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly HashSet<Guid> open = [];
    private int minted;

    [Theory]
    [InlineData(OverlapPolicy.Skip, "12:10 Submitted, 12:20 Skipped, 12:30 Skipped, 12:40 Submitted")]
    [InlineData(OverlapPolicy.BufferOne, "12:10 Submitted, 12:20 Buffered, 12:30 Skipped, 12:20 Submitted, 12:40 Buffered")]
    [InlineData(OverlapPolicy.BufferAll, "12:10 Submitted, 12:20 Buffered, 12:30 Buffered, 12:20 Submitted, 12:40 Buffered")]
    [InlineData(OverlapPolicy.Allow, "12:10 Submitted, 12:20 Submitted, 12:30 Submitted, 12:40 Submitted")]
    [InlineData(OverlapPolicy.CancelOther, "12:10 Submitted, cancel 1, 12:20 Submitted, cancel 2, 12:30 Submitted, 12:40 Submitted")]
    public void A_tick_during_the_job_before_is_treated_as_the_policy_says(OverlapPolicy overlap, string expected)
    {
        var schedule = Schedule("*/10 * * * *", d => d with { Overlap = overlap });
        var told = new List<string>();
        // The job of 12:10 ends after 12:30.
        foreach (var minute in new[] { 10, 20, 30, 35, 40 })
        {
            if (minute == 35)
                open.Clear();
            schedule = Take(schedule, Noon.AddMinutes(minute), told);
        }

        Assert.Equal(expected, string.Join(", ", told));
    }

    [Fact]
    public void Buffered_ticks_run_one_after_the_other()
    {
        var schedule = Schedule("*/10 * * * *", d => d with { Overlap = OverlapPolicy.BufferAll });
        var told = new List<string>();
        foreach (var minute in new[] { 10, 20, 30 })
            schedule = Take(schedule, Noon.AddMinutes(minute), told);
        Assert.Equal(Noon.AddMinutes(30) + ScheduleTurn.BufferedPoll, schedule.Row.NextAt);
        told.Clear();
        for (var i = 1; i <= 4; i++)
        {
            open.Clear();
            schedule = Take(schedule, Noon.AddMinutes(30 + i), told);
        }

        Assert.Equal("12:20 Submitted, 12:30 Submitted", string.Join(", ", told));
        Assert.Equal(Noon.AddMinutes(40), schedule.Row.NextAt);
    }

    [Theory]
    [InlineData(CatchUpPolicy.Skip, "12:10 Missed")]
    [InlineData(CatchUpPolicy.One, "12:10 Missed, 15:00 Submitted")]
    [InlineData(CatchUpPolicy.All, "12:10 Missed, 14:10 Submitted, 14:20 Submitted, 14:30 Submitted, 14:40 Submitted, 14:50 Submitted, 15:00 Submitted")]
    public void Ticks_at_which_nobody_was_there_are_treated_as_the_policy_says(CatchUpPolicy catchUp, string expected)
    {
        var told = new List<string>();
        var schedule = Schedule("*/10 * * * *", d => d with { CatchUp = catchUp, CatchUpWindow = TimeSpan.FromHours(1), Overlap = OverlapPolicy.Allow });
        schedule = Take(schedule, Noon.AddMinutes(185).AddSeconds(3), told);
        Assert.Equal(expected, string.Join(", ", told));
        Assert.Equal(Noon.AddMinutes(190), schedule.Row.NextAt);
    }

    [Fact]
    public void What_is_older_than_the_window_is_left_out_whatever_the_policy_is()
    {
        foreach (var catchUp in Enum.GetValues<CatchUpPolicy>())
        {
            var told = new List<string>();
            Take(Schedule("0 * * * *", d => d with { CatchUp = catchUp, CatchUpWindow = TimeSpan.FromMinutes(30) }), Noon.AddMinutes(115), told);
            Assert.Equal("13:00 Missed", string.Join(", ", told));
        }
    }

    [Fact]
    public void A_minute_is_not_late()
    {
        var told = new List<string>();
        Take(Schedule("*/1 * * * * *", d => d with { CatchUp = CatchUpPolicy.Skip, Overlap = OverlapPolicy.Allow }), Noon.AddSeconds(50), told);
        Assert.Equal(50, told.Count(t => t.EndsWith("Submitted", StringComparison.Ordinal)));
    }

    [Fact]
    public void Years_of_seconds_are_caught_up_at_once_and_many_ticks_in_several_turns()
    {
        var told = new List<string>();
        Take(Schedule("* * * * * *", d => d with { CatchUp = CatchUpPolicy.One }), Noon.AddYears(3), told);
        // All that were missed but the last, that one, and those of the last minute.
        Assert.InRange(told.Count, 62, 63);
        Assert.Equal("12:00 Missed", told[0]);

        told.Clear();
        var schedule = Schedule("* * * * * *", d => d with { CatchUp = CatchUpPolicy.All });
        for (var i = 0; i < 10; i++)
        {
            Assert.True(i == 0 || schedule.Row.NextAt <= Noon.AddHours(1));
            schedule = Take(schedule, Noon.AddHours(1), told);
        }

        Assert.Equal(1_000, told.Count);
    }

    [Fact]
    public void Jitter_puts_a_tick_off_and_does_not_make_it_late()
    {
        var told = new List<string>();
        var schedule = Schedule("0 13 * * *", d => d with { CatchUp = CatchUpPolicy.Skip, Timing = d.Timing with { Jitter = TimeSpan.FromMinutes(30) } });
        var release = schedule.Table.ReleaseOf(Noon.AddHours(1));
        Assert.InRange(release, Noon.AddHours(1).AddMinutes(2), Noon.AddHours(1).AddMinutes(30)); // else this test says nothing: choose another name
        schedule = Take(schedule, release.AddTicks(-1), told);
        Assert.Empty(told);
        Assert.Equal(release, schedule.Row.NextAt);
        Take(schedule, release, told);
        Assert.Equal("13:00 Submitted", string.Join(", ", told));
    }

    [Fact]
    public void A_schedule_that_has_come_to_its_end_is_not_looked_at_again()
    {
        var told = new List<string>();
        var schedule = Schedule("0 * * * *", d => d with { Timing = d.Timing with { End = Noon.AddMinutes(61) } });
        schedule = Take(schedule, Noon.AddMinutes(60), told);
        Assert.Equal("13:00 Submitted", Assert.Single(told));
        Assert.Null(schedule.Row.NextAt);
    }

    [Theory]
    [InlineData(OverlapPolicy.Skip, "01:00 Buffered, 02:00 Skipped, 01:00 Submitted, 03:00 Skipped")]
    [InlineData(OverlapPolicy.BufferOne, "01:00 Buffered, 02:00 Skipped, 01:00 Submitted, 03:00 Buffered")]
    [InlineData(OverlapPolicy.BufferAll, "01:00 Buffered, 02:00 Buffered, 01:00 Submitted, 03:00 Buffered")]
    [InlineData(OverlapPolicy.Allow, "01:00 Buffered, 02:00 Skipped, 01:00 Submitted, 03:00 Submitted")]
    [InlineData(OverlapPolicy.CancelOther, "01:00 Buffered, 02:00 Skipped, 01:00 Submitted, cancel 1, 03:00 Submitted")]
    public void A_tick_waits_until_the_pool_is_idle_enough(OverlapPolicy overlap, string expected)
    {
        var (schedule, told) = (OffPeak(OutsidePolicy.Skip, overlap), new List<string>());
        schedule = Take(schedule, At("01:00"), told, load: 31);
        Assert.Equal(At("01:00") + ScheduleTurn.BufferedPoll, schedule.Row.NextAt);
        schedule = Take(schedule, At("02:00"), told, load: null); // nobody can tell
        schedule = Take(schedule, At("02:10"), told, load: 30);
        Take(schedule, At("03:00"), told, load: 0);
        Assert.Equal(expected, string.Join(", ", told));
    }

    [Theory]
    [InlineData(OutsidePolicy.Skip, "01:00 Buffered, 02:00 Skipped, 03:00 Skipped, 04:00 Skipped, 01:00 Skipped")]
    [InlineData(OutsidePolicy.Shift, "01:00 Buffered, 02:00 Skipped, 03:00 Skipped, 04:00 Skipped, 01:00 Submitted")]
    public void A_tick_does_not_wait_beyond_the_window(OutsidePolicy outside, string expected)
    {
        var (schedule, told) = (OffPeak(outside, OverlapPolicy.Skip), new List<string>());
        foreach (var time in new[] { "01:00", "02:00", "03:00", "04:00" })
            schedule = Take(schedule, At(time), told, load: 80);
        schedule = Take(schedule, At("05:00"), told, load: 0);
        if (outside == OutsidePolicy.Shift)
        {
            // What would have been ticks during the day are one in the next window.
            Assert.Equal(At("01:00").AddDays(1), schedule.Row.NextAt);
            Take(schedule, At("01:00").AddDays(1), told, load: 5);
        }

        Assert.Equal(expected, string.Join(", ", told.Take(5)));
    }

    private static DateTimeOffset At(string time) => new(Noon.Date.AddDays(1) + TimeSpan.Parse(time, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero);

    private static Schedule OffPeak(OutsidePolicy outside, OverlapPolicy overlap) => Schedule("0 1-4 * * *", d => d with
    {
        Overlap = overlap,
        Timing = d.Timing with { Calendar = new ScheduleCalendar(Windows: [new ScheduleWindow(TimeSpan.FromHours(1), TimeSpan.FromHours(5))], Outside: outside, LoadMax: 30) },
    });

    private static Schedule Schedule(string cron, Func<ScheduleDefinition, ScheduleDefinition> with)
    {
        var definition = with(new ScheduleDefinition(new ScheduleTiming(cron), "default", JobSpec.OfText("echo", "x")));
        var state = new ScheduleState { Tick = Noon };
        var row = new ScheduleRow(Guid.NewGuid(), "nightly", 0, 1, 1, Hearth.Schedules.Schedule.Write(definition), state.Write(), null);
        return Hearth.Schedules.Schedule.Read(row);
    }

    private Schedule Take(Schedule schedule, DateTimeOffset now, List<string> told, int? load = null)
    {
        var turn = ScheduleTurn.Take(schedule, now, open.Contains, () => new JobId(new Guid(++minted, 0, 0, new byte[8])), load);
        told.AddRange(turn.Cancels.Select(id => $"cancel {BitConverter.ToInt32(id.ToByteArray())}"));
        told.AddRange(turn.Runs.Select(run => $"{run.Tick:HH:mm} {run.Outcome}"));
        open.ExceptWith(turn.Cancels);
        open.UnionWith(turn.Runs.Where(run => run.Job is not null).Select(run => run.Job!.Value.Value));
        // What is stored is what is read.
        return Hearth.Schedules.Schedule.Read(schedule.Row with { State = turn.State.Write(), NextAt = turn.NextAt });
    }
}
