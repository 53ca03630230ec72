using System.Globalization;
using Hearth.Schedules;
using Hearth.Tests.Support;

namespace Hearth.Tests.Schedules.Timing;

/// <summary>10,000 random expressions in 35 time zones, half of them around changes of the clock, against another implementation: see expected.mjs.</summary>
public sealed class CronDifferentialTests
{
    [Fact]
    public void Ticks_are_those_of_an_independent_implementation()
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Folder, "Tests", "Schedules", "Timing", "expected.txt"));
        Assert.Equal(10_000, lines.Length);
        var wrong = lines.Select(Compare).OfType<string>().ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join('\n', wrong.Take(20))}");
    }

    private static string? Compare(string line)
    {
        var parts = line.Split('\t');
        var (table, mistake) = Timetable.Create("test", new ScheduleTiming(parts[0], parts[1]));
        if (table is null)
            return $"{parts[0]}: {mistake!.Detail}";
        var after = DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts[2], CultureInfo.InvariantCulture));
        var (expected, tick) = (after, (DateTimeOffset?)after);
        foreach (var distance in parts[3].Split(' '))
        {
            expected = expected.AddSeconds(long.Parse(distance, CultureInfo.InvariantCulture));
            tick = table.Next(tick!.Value);
            if (tick != expected)
                return $"{parts[0]} in {parts[1]} after {after:O}: {tick:O} instead of {expected:O}";
        }

        return null;
    }
}
