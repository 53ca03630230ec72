using Spectre.Console;

namespace Hearth.Cli.Output;

/// <summary>
/// Where to print: answers on standard output, all about them on standard error. Colours are for people: none when piped, nor where NO_COLOR or
/// TERM=dumb asks for none.
/// </summary>
internal sealed class Terminal
{
    public Terminal()
    {
        IsPiped = Console.IsOutputRedirected;
        Out = Create(Console.Out, IsPiped);
        Error = Create(Console.Error, Console.IsErrorRedirected);
        IsLive = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
    }

    public IAnsiConsole Out { get; }

    public IAnsiConsole Error { get; }

    /// <summary>Whether a program reads the answers.</summary>
    public bool IsPiped { get; }

    /// <summary>Whether lines on standard error can be drawn again and again.</summary>
    public bool IsLive { get; }

    /// <summary>Says what went wrong and what to do.</summary>
    public void Fail(string what, string? remedy = null)
    {
        Error.Write(new Text("hearth: ", new Style(Color.Red)));
        Say(Plain(what));
        if (remedy is not null)
            Say(Plain(remedy));
    }

    /// <summary>A line on standard error, as long as it is: breaking it is the terminal's.</summary>
    public void Say(string line) => Console.Error.WriteLine(line);

    /// <summary>What comes from functions and callers, without the characters by which a terminal is told to do things.</summary>
    public static string Plain(string text) => text.Any(IsCommand) ? string.Concat(text.Select(c => IsCommand(c) ? '\uFFFD' : c)) : text;

    private static bool IsCommand(char c) => char.IsControl(c) && c is not ('\n' or '\t');

    private static IAnsiConsole Create(TextWriter writer, bool isPiped)
    {
        var isPlain = isPiped || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") == "dumb";
        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Ansi = isPiped ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = isPiped ? InteractionSupport.No : InteractionSupport.Detect,
        });
    }
}
