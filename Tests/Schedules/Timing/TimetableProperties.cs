using System.Globalization;
using Hearth.Schedules;

namespace Hearth.Tests.Schedules.Timing;

/// <summary>What holds for every timetable, on random ones. The seed is part of the message; HEARTH_SEED sets it.</summary>
public sealed class TimetableProperties
{
    private static readonly string[] Zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu"];
    private static readonly string[] Crons = ["*/7 * * * *", "30 2 * * *", "0 0,3,12 * * 1-5", "H H * * *", "0 0 L * *", "15,45 1-3 * * *", "*/20 13 5 * * *"];

    [Fact]
    public void Ticks_grow_are_allowed_and_do_not_depend_on_where_one_looks_from()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("HEARTH_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? given : Environment.TickCount;
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var timing = Timing(random);
            var table = Timetable.Create("n" + random.Next(10), timing).Table!;
            var from = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000 + random.NextInt64(200_000_000)).AddTicks(random.Next(20_000_000));
            if (table.Next(from) is not { } first)
                continue;
            var why = $"seed {seed}, case {i}, {timing} after {from:O}";
            Assert.True(first > from && first >= (timing.Start ?? first) && first < (timing.End ?? DateTimeOffset.MaxValue), why);
            // From any time before the tick it is the next one.
            var between = from.AddTicks(random.NextInt64((first - from).Ticks));
            Assert.True(table.Next(between) == first, why + $" and after {between:O}");
            Assert.True(table.Next(first.AddTicks(-1)) == first, why);
            Assert.True(table.Next(first) is not { } second || second > first, why);
            Assert.True(Allowed(timing, first), why);
            Assert.InRange(table.ReleaseOf(first), first, first + (timing.Jitter ?? TimeSpan.Zero));
        }
    }

    private static ScheduleTiming Timing(Random random)
    {
        var timing = random.Next(3) == 0
            ? new ScheduleTiming(Every: TimeSpan.FromSeconds(random.Next(1, 100_000)))
            : new ScheduleTiming(Crons[random.Next(Crons.Length)], Zones[random.Next(Zones.Length)]);
        if (random.Next(3) == 0)
            timing = timing with { Start = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000 + random.NextInt64(200_000_000)) };
        if (random.Next(4) == 0)
            timing = timing with { End = (timing.Start ?? DateTimeOffset.FromUnixTimeSeconds(1_800_000_000)).AddDays(random.Next(1, 100)) };
        if (random.Next(3) == 0)
            timing = timing with { Jitter = TimeSpan.FromSeconds(random.Next(1, 86_400)) };
        return random.Next(2) == 0 ? timing : timing with { Calendar = Calendar(random) };
    }

    private static ScheduleCalendar Calendar(Random random)
    {
        var holidays = Enumerable.Range(0, random.Next(20)).Select(_ => new DateOnly(2023, 11, 1).AddDays(random.Next(2_000))).ToList();
        var windows = Enumerable.Range(0, random.Next(3)).Select(_ => new ScheduleWindow(
            TimeSpan.FromMinutes(random.Next(1_440)), TimeSpan.FromMinutes(random.Next(1_441)),
            random.Next(2) == 0 ? null : [(DayOfWeek)random.Next(7)])).ToList();
        return new ScheduleCalendar(
            holidays, windows.Count == 0 ? null : windows, random.Next(2) == 0 ? OutsidePolicy.Skip : OutsidePolicy.Shift, Zones[random.Next(Zones.Length)]);
    }

    private static bool Allowed(ScheduleTiming timing, DateTimeOffset tick)
    {
        if (timing.Calendar is not { } calendar)
            return true;
        var zone = TimeZoneInfo.FindSystemTimeZoneById(calendar.TimeZone!);
        var local = TimeZoneInfo.ConvertTime(tick, zone).DateTime;
        // Of an hour that comes twice, a window's bounds mean the first.
        if (zone.IsAmbiguousTime(local))
            return true;
        var (day, time) = (DateOnly.FromDateTime(local), local.TimeOfDay);
        if (calendar.Holidays!.Contains(day))
            return false;
        return calendar.Windows is null || calendar.Windows.Any(w => w.To > w.From
            ? Begins(w, day) && time >= w.From && time < w.To
            : (Begins(w, day) && time >= w.From) || (Begins(w, day.AddDays(-1)) && time < w.To));
    }

    private static bool Begins(ScheduleWindow window, DateOnly day) => window.Days?.Contains(day.DayOfWeek) != false;
}
