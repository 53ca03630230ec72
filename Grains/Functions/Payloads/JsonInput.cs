using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Hearth.Functions.Payloads;

/// <summary>Reads one typed value from JSON, and explains a refusal.</summary>
internal static class JsonInput
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = HearthJson.DepthMax };

    public static InputError NotUtf8 { get; } = new(true, "The body is not valid UTF-8.");

    public static InputError? TryRead<T>(in ReadOnlySequence<byte> json, JsonTypeInfo<T> type, out T value)
    {
        value = default!;
        if (json.IsEmpty)
            return new InputError(true, "The body is empty; this function needs a JSON value.");
        // Utf8JsonReader checks the encoding of what it converts only, not of what it skips.
        if (!IsUtf8(json))
            return NotUtf8;
        try
        {
            var reader = json.IsSingleSegment
                ? new Utf8JsonReader(json.FirstSpan, ReaderOptions)
                : new Utf8JsonReader(json, ReaderOptions);
            value = JsonSerializer.Deserialize(ref reader, type)!;
            if (reader.Read())
                return new InputError(true, "The body holds more than one JSON value.");
            return value is null && RequiresValue(typeof(T))
                ? new InputError(false, "The input must not be null.", "$")
                : null;
        }
        catch (JsonException e)
        {
            return Explain(json, e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            // Text that JSON can spell and .NET cannot hold, such as a lone surrogate; or a constructor's own check.
            return new InputError(false, "The input holds a value that cannot be read: " + e.GetType().Name + ".");
        }
    }

    private static bool RequiresValue(Type type) => type.IsValueType && Nullable.GetUnderlyingType(type) is null || (type.IsClass && !type.IsAssignableTo(typeof(JsonNode)));

    public static bool IsUtf8(in ReadOnlySequence<byte> json) =>
        json.IsSingleSegment ? Utf8.IsValid(json.FirstSpan) : Utf8.IsValid(json.ToArray());

    /// <summary>Slow path: tells broken JSON (400) from JSON of another shape (422) by reading it once more.</summary>
    private static InputError Explain(in ReadOnlySequence<byte> json, JsonException failure)
    {
        try
        {
            var reader = new Utf8JsonReader(json, ReaderOptions);
            while (reader.Read())
            {
            }
        }
        catch (JsonException broken)
        {
            var line = ((broken.LineNumber ?? 0) + 1).ToString(CultureInfo.InvariantCulture);
            var column = ((broken.BytePositionInLine ?? 0) + 1).ToString(CultureInfo.InvariantCulture);
            return IsTooDeep(broken)
                ? new InputError(true, $"The JSON is nested deeper than {HearthJson.DepthMax} levels.")
                : new InputError(true, $"The body is not valid JSON: line {line}, byte {column}.");
        }

        return new InputError(false, Sentence(failure), failure.Path ?? "$");

        static bool IsTooDeep(JsonException e) => e.Message.Contains("maximum configured depth", StringComparison.Ordinal);
    }

    private static string Sentence(JsonException failure)
    {
        // The serializer's messages name CLR types; callers get the field and what is wrong with it.
        var message = failure.Message;
        if (message.Contains("could not be mapped", StringComparison.Ordinal))
            return $"The member {failure.Path} is not known to this function. Remove it or correct its name.";
        if (message.Contains("uplicate", StringComparison.Ordinal))
            return $"The member {failure.Path} is given twice.";
        if (message.Contains("missing required", StringComparison.Ordinal))
            return $"Members are missing: {Quoted(message)}.";
        return message.Contains("null values", StringComparison.Ordinal)
            ? $"The member {failure.Path} must not be null."
            : $"The value at {failure.Path} has the wrong type.";
    }

    /// <summary>The names between quotes in a serializer message, without the type's.</summary>
    private static string Quoted(string message)
    {
        var tail = message.IndexOf("including:", StringComparison.Ordinal);
        var parts = (tail < 0 ? message : message[tail..]).Split('\'');
        return tail < 0
            ? parts.Length > 1 ? parts[1] : "named in the path"
            : string.Join(", ", parts.Where((_, i) => i % 2 == 1));
    }
}
