using System.Globalization;
using Hearth.Schedules;

namespace Hearth.Tests.Schedules.Timing;

public sealed class TimetableTests
{
    [Theory]
    [InlineData("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-03-29T00:59:59.5Z", "2026-03-29T01:00:00Z 2026-03-30T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z 2026-03-30T00:30:00Z")]
    [InlineData("0,30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:00:00Z")]
    [InlineData("*/30 * * * *", "2026-03-29T00:29:00Z", "2026-03-29T00:30:00Z 2026-03-29T01:00:00Z 2026-03-29T01:30:00Z")]
    [InlineData("*/30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z 2026-03-30T00:30:00Z")]
    public void Where_clocks_are_set_forward_a_named_time_ticks_once_at_the_end_of_the_gap(string cron, string after, string ticks) =>
        Assert.Equal(ticks, Ticks(new ScheduleTiming(cron, "Europe/Berlin"), after, ticks.Split(' ').Length));

    [Theory]
    [InlineData("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z 2026-10-26T01:30:00Z")]
    [InlineData("0 3 * * *", "2026-10-24T12:00:00Z", "2026-10-25T02:00:00Z 2026-10-26T02:00:00Z")]
    [InlineData("*/30 * * * *", "2026-10-25T00:29:00Z", "2026-10-25T00:30:00Z 2026-10-25T01:00:00Z 2026-10-25T01:30:00Z 2026-10-25T02:00:00Z")]
    [InlineData("*/30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z 2026-10-25T00:30:00Z 2026-10-25T01:00:00Z 2026-10-25T01:30:00Z 2026-10-26T01:00:00Z")]
    public void Where_clocks_are_set_back_a_named_time_ticks_once_and_an_interval_goes_on(string cron, string after, string ticks) =>
        Assert.Equal(ticks, Ticks(new ScheduleTiming(cron, "Europe/Berlin"), after, ticks.Split(' ').Length));

    [Theory]
    [InlineData("0 0 L-3 * *", "2026-01-28T00:00:00Z 2026-02-25T00:00:00Z")]
    [InlineData("5/20 0 1 1 *", "2026-01-01T00:05:00Z 2026-01-01T00:25:00Z 2026-01-01T00:45:00Z 2027-01-01T00:05:00Z")]
    [InlineData("0 0 1W * *", "2026-01-01T00:00:00Z 2026-02-02T00:00:00Z")]
    [InlineData("0 0 31W 1,5 *", "2026-01-30T00:00:00Z 2026-05-29T00:00:00Z")]
    [InlineData("0 0 29 FEB *", "2028-02-29T00:00:00Z 2032-02-29T00:00:00Z")]
    [InlineData("0 0 ? FEB FRI#5", "2036-02-29T00:00:00Z 2064-02-29T00:00:00Z")]
    [InlineData("@weekly", "2026-01-04T00:00:00Z 2026-01-11T00:00:00Z")]
    [InlineData("  30   1 2 3 4 ?  ", "2026-04-03T02:01:30Z 2027-04-03T02:01:30Z")]
    public void Fields_mean_what_the_reference_says(string cron, string ticks) =>
        Assert.Equal(ticks, Ticks(new ScheduleTiming(cron), "2025-12-31T23:59:59Z", ticks.Split(' ').Length));

    [Theory]
    [InlineData("61 * * * *", "minute '61' cannot be read. It takes 0 to 59, *")]
    [InlineData("* 24 * * *", "hour '24'")]
    [InlineData("* * 0 * *", "day of month '0'")]
    [InlineData("* * * 13 *", "month '13' cannot be read. It takes 1 to 12 or JAN to DEC")]
    [InlineData("* * * * MUN", "day of week 'MUN'")]
    [InlineData("* * * * 8", "day of week '8'")]
    [InlineData("* * * * L", "5L is the last Friday")]
    [InlineData("* * * * 5#6", "behind # stands 1 to 5")]
    [InlineData("*/0 * * * *", "a step is 1 to 59")]
    [InlineData("0 22-2 * * *", "22-23,0-2")]
    [InlineData("0 H2 * * *", "H stands alone")]
    [InlineData(", * * * *", "minute ''")]
    [InlineData("* * * *", "this one has 4")]
    [InlineData("* * * * * * *", "this one has 7")]
    [InlineData("@often", "this one has 1")]
    public void A_mistake_names_the_field_and_what_it_takes(string cron, string part)
    {
        var (table, mistake) = Timetable.Create("test", new ScheduleTiming(cron));
        Assert.Null(table);
        Assert.Equal("cron", mistake!.Field);
        Assert.Contains(part, mistake.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void What_can_never_be_has_no_tick() => Assert.Equal("", Ticks(new ScheduleTiming("0 0 30 2 *"), "2026-01-01T00:00:00Z", 1));

    [Fact]
    public void H_spreads_schedules_and_is_the_same_for_the_same_name()
    {
        var seen = Enumerable.Range(0, 1_000).Select(i => First("name-" + i, "H H * * *")).ToList();
        Assert.Equal(seen, Enumerable.Range(0, 1_000).Select(i => First("name-" + i, "H H * * *")));
        Assert.InRange(seen.Distinct().Count(), 600, 1_000);
        Assert.All(Enumerable.Range(0, 200), i => Assert.InRange(First("name-" + i, "H(10-19) * * * *").Minute, 10, 19));
        Assert.All(Enumerable.Range(0, 200), i => Assert.InRange(First("name-" + i, "0 0 H * *").Day, 1, 28));
        Assert.Equal(4, Enumerable.Range(0, 200).Select(i => First("name-" + i, "H/4 * * * *").Minute).Distinct().Count());
    }

    [Fact]
    public void Windows_skip_or_move_what_lies_outside()
    {
        var night = new ScheduleWindow(TimeSpan.FromHours(1), TimeSpan.FromHours(5));
        var timing = new ScheduleTiming("30 0,4,12 * * *", "Europe/Berlin", Calendar: new ScheduleCalendar(null, [night]));
        Assert.Equal("2026-06-01T02:30:00Z 2026-06-02T02:30:00Z", Ticks(timing, "2026-06-01T00:00:00Z", 2));
        var moved = timing with { Calendar = timing.Calendar! with { Outside = OutsidePolicy.Shift } };
        // 12:30 of the day before and 00:30 both become 01:00, which is 23:00 in UTC.
        Assert.Equal("2026-06-01T23:00:00Z 2026-06-02T02:30:00Z 2026-06-02T23:00:00Z", Ticks(moved, "2026-06-01T03:00:00Z", 3));
        Assert.Equal("2026-06-01T23:00:00Z", Ticks(moved, "2026-06-01T22:45:00Z", 1));
        Assert.Equal("2026-06-02T02:30:00Z", Ticks(moved, "2026-06-01T23:00:00Z", 1));
    }

    [Fact]
    public void Holidays_and_business_hours_leave_days_out()
    {
        DayOfWeek[] week = [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday];
        var office = new ScheduleCalendar([new DateOnly(2026, 12, 25)], [new ScheduleWindow(TimeSpan.FromHours(9), TimeSpan.FromHours(17), week)]);
        Assert.Equal(
            "2026-12-24T16:00:00Z 2026-12-28T09:00:00Z",
            Ticks(new ScheduleTiming("0 * * * *", Calendar: office), "2026-12-24T15:00:00Z", 2));
    }

    [Fact]
    public void A_window_over_midnight_ends_on_the_next_day()
    {
        var friday = new ScheduleCalendar([new DateOnly(2026, 6, 13)], [new ScheduleWindow(TimeSpan.FromHours(22), TimeSpan.FromHours(2), [DayOfWeek.Friday])]);
        Assert.Equal(
            "2026-06-05T22:00:00Z 2026-06-05T23:00:00Z 2026-06-06T00:00:00Z 2026-06-06T01:00:00Z 2026-06-12T22:00:00Z 2026-06-12T23:00:00Z 2026-06-19T22:00:00Z",
            Ticks(new ScheduleTiming("0 * * * *", Calendar: friday), "2026-06-01T00:00:00Z", 7));
    }

    [Fact]
    public void Intervals_count_from_their_anchor_and_start_and_end_bound_them()
    {
        var timing = new ScheduleTiming(Every: TimeSpan.FromMinutes(90), Anchor: Time("2026-01-01T00:30:00Z"), Start: Time("2026-01-01T02:00:00Z"), End: Time("2026-01-01T05:00:00Z"));
        Assert.Equal("2026-01-01T02:00:00Z 2026-01-01T03:30:00Z", Ticks(timing, "2020-01-01T00:00:00Z", 5));
        Assert.Equal("1969-12-31T23:00:00Z", Ticks(new ScheduleTiming(Every: TimeSpan.FromHours(1)), "1969-12-31T22:00:00Z", 1));
        Assert.Equal("2026-05-01T00:00:00Z", Ticks(new ScheduleTiming(At: Time("2026-05-01T00:00:00Z")), "2026-01-01T00:00:00Z", 5));
    }

    [Fact]
    public void Jitter_is_the_same_for_the_same_tick_and_spreads_names()
    {
        var timing = new ScheduleTiming("0 2 * * *", Jitter: TimeSpan.FromMinutes(10));
        var tick = Time("2026-05-01T02:00:00Z");
        var releases = Enumerable.Range(0, 100).Select(i => Timetable.Create("name-" + i, timing).Table!.ReleaseOf(tick)).ToList();
        Assert.Equal(releases, Enumerable.Range(0, 100).Select(i => Timetable.Create("name-" + i, timing).Table!.ReleaseOf(tick)));
        Assert.All(releases, r => Assert.InRange(r, tick, tick.AddMinutes(10)));
        Assert.True(releases.Distinct().Count() > 90);
    }

    [Theory]
    [InlineData("Europe/Atlantis", null)]
    [InlineData(null, "../../etc/passwd")]
    public void An_unknown_time_zone_is_refused(string? zone, string? ofCalendar)
    {
        var timing = new ScheduleTiming("0 2 * * *", zone, Calendar: new ScheduleCalendar(TimeZone: ofCalendar));
        Assert.Equal(zone is null ? "calendar.timeZone" : "timeZone", Timetable.Create("test", timing).Mistake!.Field);
    }

    private static DateTimeOffset First(string name, string cron) =>
        Timetable.Create(name, new ScheduleTiming(cron)).Table!.Next(Time("2026-01-01T00:00:00Z"))!.Value;

    private static string Ticks(ScheduleTiming timing, string after, int count)
    {
        var (table, mistake) = Timetable.Create("test", timing);
        Assert.True(table is not null, mistake?.Detail);
        var ticks = new List<string>();
        for (var tick = table.Next(Time(after)); tick is { } next && ticks.Count < count; tick = table.Next(next))
            ticks.Add(next.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        return string.Join(' ', ticks);
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
