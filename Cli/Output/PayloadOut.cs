using System.Text.Json;
using Hearth.Client;

namespace Hearth.Cli.Output;

/// <summary>Prints an output: as it is to files and pipes; to people JSON with line breaks, text as text, and never bytes.</summary>
internal static class PayloadOut
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task PrintAsync(Payload payload, Terminal terminal, string? file, CancellationToken cancellationToken)
    {
        if (file is not null)
        {
            await WriteAsync(payload, file, cancellationToken);
        }
        else if (terminal.IsPiped)
        {
            await using var output = Console.OpenStandardOutput();
            await output.WriteAsync(payload.Bytes, cancellationToken);
        }
        else if (!payload.IsNone)
        {
            Show(payload, terminal);
        }
    }

    private static async Task WriteAsync(Payload payload, string file, CancellationToken cancellationToken)
    {
        try
        {
            await using var output = File.Create(file);
            await output.WriteAsync(payload.Bytes, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--output {file} cannot be written: {e.Message}", e);
        }
    }

    private static void Show(Payload payload, Terminal terminal)
    {
        if (payload.IsJson)
            Console.Out.WriteLine(Terminal.Plain(JsonSerializer.Serialize(JsonElement.Parse(payload.Bytes.Span), Indented)));
        else if (payload.MediaType.StartsWith("text/", StringComparison.Ordinal) || payload.MediaType.EndsWith("xml", StringComparison.Ordinal))
            Console.Out.WriteLine(Terminal.Plain(payload.ToString().TrimEnd('\n')));
        else
            terminal.Say($"{payload.Bytes.Length} bytes of {payload.ContentType}: write them to a file with --output FILE, or to a pipe.");
    }
}
