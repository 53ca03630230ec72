namespace Hearth.Functions.Payloads;

/// <summary>The shape of what goes into or comes out of a function.</summary>
internal enum PayloadKind
{
    /// <summary>Nothing: no input parameter, or no result (204).</summary>
    None,

    /// <summary>A typed value: JSON, or XML under the one mapping.</summary>
    Json,

    /// <summary>A string: text/plain, or a JSON string.</summary>
    Text,

    /// <summary>Raw bytes, buffered.</summary>
    Bytes,

    /// <summary>Raw bytes, streamed.</summary>
    Stream,
}
