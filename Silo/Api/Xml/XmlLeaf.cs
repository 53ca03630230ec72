using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Hearth.Api.Xml;

/// <summary>Writes the text of an element without child elements as the JSON value that it stands for.</summary>
internal static class XmlLeaf
{
    /// <summary>What is wrong, or null.</summary>
    public static string? Write(Utf8JsonWriter json, XmlKind kind, string text)
    {
        switch (kind)
        {
            case XmlKind.Number: return Number(json, XmlText.Trim(text));
            case XmlKind.Boolean: return Boolean(json, XmlText.Trim(text));
            case XmlKind.Base64: return Base64(json, text);
            case XmlKind.Null: return Null(json, text);
            default:
                json.WriteStringValue(text);
                return null;
        }
    }

    private static string? Number(Utf8JsonWriter json, ReadOnlySpan<char> text)
    {
        var utf8 = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, utf8);
        if (!IsNumber(utf8)) return $"'{XmlText.Quote(text.ToString())}' is not a JSON number: write such as -12.5e3";

        // Raw, since a double would round it.
        json.WriteRawValue(utf8, skipInputValidation: true);
        return null;
    }

    private static bool IsNumber(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text);
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.BytesConsumed == text.Length;
        }
        catch (JsonException)
        {
            // Not even a token.
            return false;
        }
    }

    private static string? Boolean(Utf8JsonWriter json, ReadOnlySpan<char> text)
    {
        if (text is not ("true" or "false"))
            return $"'{XmlText.Quote(text.ToString())}' is not a boolean: write true or false";
        json.WriteBooleanValue(text is "true");
        return null;
    }

    private static string? Base64(Utf8JsonWriter json, string text)
    {
        var bytes = new byte[(text.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(text, bytes, out var length)) return "The text is not base64 (RFC 4648)";
        if (!Utf8.IsValid(bytes.AsSpan(0, length))) return "The base64 does not hold UTF-8 text";
        json.WriteStringValue(bytes.AsSpan(0, length));
        return null;
    }

    private static string? Null(Utf8JsonWriter json, string text)
    {
        if (!XmlText.IsBlank(text)) return "The element has nil=\"true\" and text: remove one of them";
        json.WriteNullValue();
        return null;
    }
}
