using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hearth.Jobs;

/// <summary>
/// Where a job's key stands in its JSON input: <c>$.customer.id</c>, members by name and items by place (<c>$.lines[0].sku</c>). A text, number or
/// boolean there is the key, as it is written; one of more than 255 characters is its SHA-256.
/// </summary>
internal static class JobKeyPath
{
    /// <summary>A job with the key that stands in its input, if it names none itself. One of the mode latest is a key of its own.</summary>
    public static JobSpec Named(string path, JobSpec job) =>
        job.Options is { Key: not null } or { Unique.Mode: UniqueMode.Latest } || Find(path, job) is not { } key
            ? job
            : job with { Options = (job.Options ?? JobOptions.Default) with { Key = key } };

    /// <summary>A job's key; null when its input has none there.</summary>
    public static string? Find(string path, JobSpec job)
    {
        if (job.ContentType.Length > 0 && !job.ContentType.Contains("json", StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            var reader = new Utf8JsonReader(job.Input.Span, new JsonReaderOptions { MaxDepth = 128 });
            return reader.Read() && TryGoTo(ref reader, path) ? Text(ref reader) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or text that is no Unicode: such a job has no key.
            return null;
        }
    }

    private static bool TryGoTo(ref Utf8JsonReader reader, ReadOnlySpan<char> path)
    {
        var rest = path.StartsWith("$") ? path[1..] : path;
        while (!rest.IsEmpty)
        {
            var isItem = rest[0] == '[';
            rest = rest[0] is '.' or '[' ? rest[1..] : rest;
            var end = rest.IndexOfAny(isItem ? "]" : ".[");
            var step = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(isItem ? end + 1 : end)..];
            if (isItem ? !TryItem(ref reader, step) : !TryMember(ref reader, step))
                return false;
        }

        return true;
    }

    private static bool TryMember(ref Utf8JsonReader reader, ReadOnlySpan<char> name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(name);
            reader.Read();
            if (isIt)
                return true;
            reader.Skip();
        }

        return false;
    }

    private static bool TryItem(ref Utf8JsonReader reader, ReadOnlySpan<char> place)
    {
        if (reader.TokenType != JsonTokenType.StartArray || !int.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var left))
            return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (left-- == 0)
                return true;
            reader.Skip();
        }

        return false;
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => Encoding.UTF8.GetString(reader.ValueSpan),
            _ => null,
        };
        return text is { Length: > JobRules.NameLengthMax }
            ? "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))
            : text is "" ? null : text;
    }
}
