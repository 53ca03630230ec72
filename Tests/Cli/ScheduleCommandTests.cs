using Hearth.Tests.Support;

namespace Hearth.Tests.Cli;

/// <summary><c>hearth schedules</c>, against a real silo.</summary>
public sealed class ScheduleCommandTests(ServedSilo silo) : IClassFixture<ServedSilo>, IDisposable
{
    private readonly HearthProgram hearth = new(silo.Process.Address);

    [Fact]
    public async Task A_schedule_is_set_shown_acted_on_and_deleted()
    {
        Assert.Matches("^nightly ticks next at [0-9]", (await hearth.RunAsync(
            "schedules", "set", "nightly", "echo", """{"day": "{{tick}}"}""", "--cron", "0 2 * * *", "--time-zone", "Europe/Berlin", "--overlap", "bufferOne")).Is(0).Out);
        Assert.Matches("\noverlap +bufferOne\n", (await hearth.RunAsync("schedules", "show", "nightly")).Is(0).Out);
        Assert.Equal("0 2 * * *", (await hearth.RunAsync("schedules", "show", "nightly", "--json")).Is(0).Json.GetProperty("cron").GetString());
        Assert.Matches("\nnightly +0 2 \\* \\* \\* +Europe/Berlin", (await hearth.RunAsync("schedules", "list")).Is(0).Out);
        Assert.Equal(3, (await hearth.RunAsync("schedules", "next", "nightly", "-n", "3", "--json")).Is(0).Json.GetArrayLength());
        Assert.Equal("nightly paused\n", (await hearth.RunAsync("schedules", "pause", "nightly", "--reason", "why")).Is(0).Out);
        var job = (await hearth.RunAsync("schedules", "trigger", "nightly")).Is(0).Out.Trim();
        Assert.Contains("day", (await hearth.RunAsync("jobs", "result", job)).Is(0).Out, StringComparison.Ordinal);
        Assert.Contains(job, (await hearth.RunAsync("schedules", "runs", "nightly")).Is(0).Out, StringComparison.Ordinal);
        Assert.StartsWith("nightly ticks next", (await hearth.RunAsync("schedules", "resume", "nightly")).Is(0).Out, StringComparison.Ordinal);
        (await hearth.RunAsync("schedules", "delete", "nightly")).Is(0);
        Assert.Contains("no schedule", (await hearth.RunAsync("schedules", "show", "nightly")).Is(4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_options_do_not_have_a_definition_in_a_file_does()
    {
        using var folder = new TempFolder();
        var file = folder["schedule.json"];
        await File.WriteAllTextAsync(file, """
            {"every": "1h", "calendar": {"holidays": ["2030-12-25"], "outside": "shift"}, "job": {"function": "echo", "input": {"day": "{{tick}}"}, "priority": 2}}
            """);
        (await hearth.RunAsync("schedules", "set", "of-file", "--definition", file)).Is(0);
        var shown = (await hearth.RunAsync("schedules", "show", "of-file", "--json")).Is(0);
        Assert.Equal("2030-12-25", shown.Json.GetProperty("calendar").GetProperty("holidays")[0].GetString());
        Assert.Equal(2, shown.Json.GetProperty("job").GetProperty("priority").GetInt32());
        // What is shown can be set again.
        await File.WriteAllTextAsync(file, shown.Out);
        (await hearth.RunAsync("schedules", "set", "of-file", "--definition", file)).Is(0);
        var now = TimeProvider.System.GetUtcNow();
        var filled = (await hearth.RunAsync("schedules", "backfill", "of-file", "--from", Text(now.AddHours(-3)), "--to", Text(now))).Is(0);
        Assert.Equal("3 ticks: 3 submitted, 0 waiting.\n", filled.Out);
        Assert.Equal(0, (await hearth.RunAsync("schedules", "backfill", "of-file", "--from", Text(now.AddHours(-3)), "--to", Text(now), "--json")).Is(0).Json.GetProperty("submitted").GetInt32());
        Assert.Contains("--definition", (await hearth.RunAsync("schedules", "set", "x", "--cron", "0 0 * * *")).Is(2).Error, StringComparison.Ordinal);
        Assert.Contains("--definition", (await hearth.RunAsync("schedules", "set", "x", "echo", "1", "--definition", file)).Is(2).Error, StringComparison.Ordinal);
        (await hearth.RunAsync("schedules", "delete", "of-file")).Is(0);

        static string Text(DateTimeOffset time) => time.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task What_is_wrong_is_told()
    {
        Assert.Contains("minute '61'", (await hearth.RunAsync("schedules", "set", "x", "echo", "1", "--cron", "61 * * * *")).Is(4).Error, StringComparison.Ordinal);
        Assert.Contains("bufferOne", (await hearth.RunAsync("schedules", "set", "x", "echo", "1", "--every", "5m", "--overlap", "never")).Is(2).Error, StringComparison.Ordinal);
        Assert.Contains("not a time", (await hearth.RunAsync("schedules", "set", "x", "echo", "1", "--at", "soon")).Is(2).Error, StringComparison.Ordinal);
    }

    public void Dispose() => hearth.Dispose();
}
