using System.Text;

namespace Hearth.Storage.PostgreSql;

/// <summary>Text as PostgreSQL can hold it, and the shorthands of the tables.</summary>
internal static class StoredText
{
    public const string Json = "application/json";

    /// <summary>
    /// The text with U+FFFD for what has no UTF-8 (unpaired surrogates) and for U+0000, which PostgreSQL refuses: texts of errors and log
    /// lines come from anywhere, and must not keep a job from ending.
    /// </summary>
    public static string Clean(string text)
    {
        var span = text.AsSpan();
        if (!span.Contains('\0') && !span.ContainsAnyInRange('\uD800', '\uDFFF'))
            return text;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            clean.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
        return clean.ToString();
    }

    public static string? CleanOrNull(string? text) => text is null ? null : Clean(text);

    /// <summary>A literal of <c>text[]</c>: arrays of arrays must be rectangular, texts need not.</summary>
    public static string? Array(IReadOnlyList<string>? items)
    {
        if (items is null)
            return null;
        var literal = new StringBuilder("{");
        foreach (var item in items)
        {
            literal.Append(literal.Length > 1 ? ",\"" : "\"");
            literal.Append(Clean(item).Replace("\\", "\\\\").Replace("\"", "\\\"")).Append('"');
        }

        return literal.Append('}').ToString();
    }

    /// <summary>Of <c>job.content_type</c>.</summary>
    public static string? JobContentType(string contentType) => contentType == Json ? null : contentType;

    /// <summary>Of <c>job_end.content_type</c>: empty for JSON, and an equals sign before what could be mistaken for it.</summary>
    public static string? EndContentType(string? contentType) => contentType switch
    {
        Json => "",
        "" or ['=', ..] => "=" + contentType,
        _ => contentType,
    };

    public static string ReadJobContentType(string? stored) => stored ?? Json;

    public static string? ReadEndContentType(string? stored) => stored switch
    {
        "" => Json,
        ['=', .. var rest] => rest,
        _ => stored,
    };
}
