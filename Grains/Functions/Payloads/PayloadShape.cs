using System.Text.Json.Nodes;

namespace Hearth.Functions.Payloads;

/// <summary>What a function takes or gives, as told to callers.</summary>
/// <param name="Kind">How it is read or written.</param>
/// <param name="ContentTypes">Media types taken or given; empty means any.</param>
/// <param name="BytesMax">Upper bound of its size.</param>
/// <param name="Schema">JSON schema of a typed value, else null.</param>
/// <param name="Example">An input to show: JSON of a typed value, or text; else null.</param>
internal sealed record PayloadShape(
    PayloadKind Kind, IReadOnlyList<string> ContentTypes, long BytesMax, JsonNode? Schema = null, JsonNode? Example = null)
{
    /// <summary>Whether XML is offered: for typed values, and for raw ones declared as JSON.</summary>
    public bool HasXml => Kind is PayloadKind.Json or PayloadKind.Text
        || (Kind is PayloadKind.Bytes or PayloadKind.Stream && ContentTypes.Contains(MediaTypes.Json));

    public bool Takes(string contentType) => Kind switch
    {
        PayloadKind.None => true,
        PayloadKind.Json => contentType == MediaTypes.Json,
        PayloadKind.Text => contentType is MediaTypes.Json or MediaTypes.Text,
        _ => ContentTypes.Count == 0 || ContentTypes.Contains(contentType),
    };
}

/// <summary>The media types that Hearth itself speaks.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string Xml = "application/xml";
    public const string Text = "text/plain";
    public const string ProblemJson = "application/problem+json";
    public const string ProblemXml = "application/problem+xml";
    public const string Bytes = "application/octet-stream";
}
