using System.Globalization;
using Hearth.Client;
using Spectre.Console.Rendering;

namespace Hearth.Cli.Output;

/// <summary>A job's life as a table, each step with a bar at its place in the whole: █ where it ran, · where it waited.</summary>
internal static class TimelineTable
{
    private const int Width = 30;

    private static readonly string[] Columns = ["START", "TOOK", "WHAT", "TIMELINE", "NOTE"];

    public static void Print(Terminal terminal, JobTimeline timeline)
    {
        if (timeline.Steps.Count > 0)
            Tables.Print(terminal, Columns, timeline.Steps.Select(step => Row(timeline, step)));
    }

    private static IRenderable[] Row(JobTimeline timeline, JobStep step) =>
    [
        Tables.Cell(step.From is { } from ? Tables.Time(from) : "?"), Tables.Cell(Took(step)), Tables.Cell(What(step)), Tables.Cell(Bar(timeline, step)),
        Tables.Cell(Note(step)),
    ];

    private static string What(JobStep step) => step.Kind == JobStepKind.Attempt
        ? $"attempt {step.Attempt?.ToString(CultureInfo.InvariantCulture)} {Name(step.End ?? JobStepEnd.Unknown)}"
        : Name(step.Kind);

    private static string Note(JobStep step) => string.Join(", ", new[]
    {
        step.Error is null ? null : step.Error.ReplaceLineEndings(" ") + (step.ErrorType is null ? "" : $" ({step.ErrorType})"),
        step.DueAt is { } due ? "due " + Tables.Time(due) : null,
        step.Silo is null ? null : "on " + step.Silo,
        step.Worker is null ? null : "by " + step.Worker,
    }.OfType<string>());

    private static string Took(JobStep step) => step.Seconds switch
    {
        null => "?",
        < 1 and var seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0} ms"),
        < 120 and var seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 7200 and var seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0.0} m"),
        var seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} h"),
    };

    private static string Bar(JobTimeline timeline, JobStep step)
    {
        if (step.From is not { } from || step.Seconds is not { } seconds || timeline.Seconds <= 0)
            return "";
        var first = Math.Clamp((int)((from - timeline.AcceptedAt).TotalSeconds / timeline.Seconds * Width), 0, Width - 1);
        var length = Math.Clamp((int)Math.Round(seconds / timeline.Seconds * Width), 1, Width - first);
        return new string(' ', first) + new string(step.Kind == JobStepKind.Attempt ? '█' : '·', length);
    }

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
