using System.CommandLine;
using System.Text;
using Hearth.Client;

namespace Hearth.Cli.Input;

/// <summary>The function and its input, as <c>call</c> and <c>submit</c> take them.</summary>
internal sealed class InputOptions
{
    private const int BytesMax = 64 << 20;

    private readonly Argument<string> function = new("FUNCTION") { Description = "The function's name." };
    private readonly Argument<string?> input = new("INPUT")
    {
        Description = "Its input: JSON, or text for a function that takes text; - reads standard input.", Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> file = new("--file", "-f") { Description = "Read the input from a file.", HelpName = "FILE" };
    private readonly Option<string?> contentType = new("--content-type")
    {
        Description = "Media type of the input. [default: what the function takes]", HelpName = "TYPE",
    };

    private readonly Option<string[]> parameter = new("--parameter", "-p")
    {
        Description = "NAME=VALUE of a parameter that the function declares; can be given several times.", HelpName = "NAME=VALUE",
    };

    /// <param name="command">Takes them.</param>
    /// <param name="isOptional">Whether it can do without a function.</param>
    public void AddTo(Command command, bool isOptional = false)
    {
        if (isOptional)
            function.Arity = ArgumentArity.ZeroOrOne;
        command.Arguments.Add(function);
        command.Arguments.Add(input);
        command.Options.Add(file);
        command.Options.Add(contentType);
        command.Options.Add(parameter);
    }

    public string Function(ParseResult parsed) => parsed.GetValue(function)!;

    /// <summary>Whether a function is named, or anything that would be its input.</summary>
    public bool HasAny(ParseResult parsed) => parsed.GetValue(function) is not null || IsGiven(parsed);

    public Dictionary<string, string> Parameters(ParseResult parsed) => (parsed.GetValue(parameter) ?? []).Select(pair =>
    {
        var at = pair.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? (Name: pair[..at], Value: pair[(at + 1)..]) : throw new UsageException($"--parameter {pair}: write it as NAME=VALUE.");
    }).GroupBy(pair => pair.Name, StringComparer.Ordinal).ToDictionary(
        same => same.Key, same => same.Count() == 1 ? same.First().Value : throw new UsageException($"--parameter {same.Key} is given twice: keep one."),
        StringComparer.Ordinal);

    /// <summary>The input's bytes, and the media type that they are sent as.</summary>
    public async Task<Payload> ReadAsync(ParseResult parsed, IHearthClient client, CancellationToken cancellationToken)
    {
        var type = await TypeAsync(parsed, client, cancellationToken);
        if (!IsGiven(parsed))
            return type.Empty();
        await using var source = Open(parsed);
        using var bytes = new MemoryStream();
        var buffer = new byte[64 << 10];
        for (int read; (read = await source.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > BytesMax)
                throw new UsageException($"The input has more than {BytesMax >> 20} MiB, which is more than is sent from here.");
        }

        return type.Of(bytes.ToArray());
    }

    /// <summary>One input a line; blank lines are passed over.</summary>
    public async IAsyncEnumerable<(int Line, Payload Input)> ReadLinesAsync(
        ParseResult parsed, IHearthClient client, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var type = await TypeAsync(parsed, client, cancellationToken);
        if (parsed.GetValue(file) is null && parsed.GetValue(input) != "-")
            throw new UsageException("--many reads one input a line: from --file FILE, or - for standard input.");
        await using var source = Open(parsed);
        using var reader = new StreamReader(source, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false));
        for (var number = 1; await reader.ReadLineAsync(cancellationToken) is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
                yield return (number, type.Of(Encoding.UTF8.GetBytes(line), $"line {number}"));
        }
    }

    private bool IsGiven(ParseResult parsed) => parsed.GetValue(input) is not null || parsed.GetValue(file) is not null;

    private async Task<InputType> TypeAsync(ParseResult parsed, IHearthClient client, CancellationToken cancellationToken) =>
        parsed.GetValue(contentType) is { } said
            ? InputType.Said(said)
            : InputType.For(await client.GetFunctionAsync(Function(parsed), cancellationToken));

    private Stream Open(ParseResult parsed)
    {
        var (text, path) = (parsed.GetValue(input), parsed.GetValue(file));
        if (text is not null && path is not null)
            throw new UsageException("The input is given twice: leave out INPUT or --file.");
        try
        {
            return path is not null ? File.OpenRead(path) : text == "-" ? Console.OpenStandardInput() : new MemoryStream(Encoding.UTF8.GetBytes(text!));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--file {path} cannot be read: {e.Message}", e);
        }
    }
}
