using System.Globalization;
using Hearth.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Hearth.Cli.Output;

/// <summary>Tables for people: no frames, a header, as wide as they have to be.</summary>
internal static class Tables
{
    private const int WidthMax = 4_096;

    public static void Print(Terminal terminal, string[] columns, IEnumerable<IRenderable[]> rows)
    {
        var table = new Table().NoBorder();
        foreach (var column in columns)
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        foreach (var row in rows)
            table.AddRow(row);
        Lines(terminal, table);
    }

    /// <summary>Names and values, those without a value left out.</summary>
    public static void Print(Terminal terminal, IEnumerable<(string Name, IRenderable? Value)> values)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        foreach (var (name, value) in values)
        {
            if (value is not null)
                grid.AddRow(new Text(name), value);
        }

        Lines(terminal, grid);
    }

    public static IRenderable Cell(string? text) => new Text(Terminal.Plain(text ?? ""));

    public static IRenderable? Value(string? text) => string.IsNullOrEmpty(text) ? null : Cell(text);

    public static IRenderable Cell(long? number) => new Text(number?.ToString(CultureInfo.InvariantCulture) ?? "?");

    public static IRenderable? Value(DateTimeOffset? time) => time is { } at ? new Text(Time(at)) : null;

    public static IRenderable Cell(JobState state) => new Text(Name(state), new Style(state switch
    {
        JobState.Succeeded => Color.Green,
        JobState.Failed => Color.Red,
        JobState.Running => Color.Blue,
        JobState.Retrying => Color.Yellow,
        JobState.Cancelled => Color.Grey,
        _ => Color.Default,
    }));

    public static string Name(JobState state) => state.ToString().ToLowerInvariant();

    public static string Name(JobAction action) => action.ToString().ToLowerInvariant();

    /// <summary>In the zone of this machine.</summary>
    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>How long ago, as short as it can be said.</summary>
    public static IRenderable Age(DateTimeOffset time) => new Text((TimeProvider.System.GetUtcNow() - time) switch
    {
        { TotalSeconds: < 0 } => "0s",
        { TotalSeconds: < 120 } age => Whole(age.TotalSeconds, 's'),
        { TotalMinutes: < 120 } age => Whole(age.TotalMinutes, 'm'),
        { TotalHours: < 48 } age => Whole(age.TotalHours, 'h'),
        var age => Whole(age.TotalDays, 'd'),
    });

    private static string Whole(double number, char unit) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(number)}{unit}");

    /// <summary>A row is a line, however narrow the terminal: it can be copied and searched. Blanks that fill lines up are left out.</summary>
    private static void Lines(Terminal terminal, IRenderable what)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = WidthMax;
        console.Profile.Capabilities.Ansi = terminal.Out.Profile.Capabilities.Ansi;
        console.Profile.Capabilities.ColorSystem = terminal.Out.Profile.Capabilities.ColorSystem;
        console.Write(what);
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n'))
            Console.Out.WriteLine(line.TrimEnd());
    }
}
