using System.Net.Http.Headers;
using System.Text.Json;
using Hearth.Client;

namespace Hearth.Cli.Input;

/// <summary>As what an input is sent: as was said, else as what the function takes.</summary>
internal sealed class InputType
{
    private const string Json = "application/json";

    private readonly FunctionInfo? function;
    private readonly string? type;

    private InputType(FunctionInfo? function, string? type) => (this.function, this.type) = (function, type);

    public static InputType Said(string type) => MediaTypeHeaderValue.TryParse(type, out _)
        ? new InputType(null, type)
        : throw new UsageException($"--content-type {type}: that is no media type; write it as text/plain.");

    public static InputType For(FunctionInfo function) => new(function, function.Input.Kind switch
    {
        "json" => Json,
        "text" => "text/plain",
        _ when function.Input.ContentTypes is [var first, ..] => first,
        _ => null,
    });

    public Payload Empty() => function?.Input is { Kind: "json" } or { Kind: "bytes" or "stream", ContentTypes.Count: > 0 }
        ? throw new UsageException(
            $"Function '{function.Name}' takes an input{(function.Input.Example is { } example ? $", such as '{example.GetRawText()}'" : "")}: give it as INPUT, --file FILE, or - for standard input.")
        : Payload.None;

    /// <param name="bytes">The input.</param>
    /// <param name="where">Where it stands, for messages.</param>
    /// <exception cref="UsageException">It is to be JSON, and is not.</exception>
    public Payload Of(byte[] bytes, string where = "INPUT")
    {
        if (type == Json && Mistake(bytes) is { } mistake)
            throw new UsageException($"{where} is not JSON: {mistake} For another media type say --content-type.");
        // Of what takes anything, workers outside usually take JSON.
        return new Payload(type ?? (function?.External == true && Mistake(bytes) is null ? Json : "application/octet-stream"), bytes);
    }

    private static string? Mistake(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 256 });
            return null;
        }
        catch (JsonException e)
        {
            return e.Message;
        }
    }
}
