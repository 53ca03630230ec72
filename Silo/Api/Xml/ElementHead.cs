using System.Xml;

namespace Hearth.Api.Xml;

/// <summary>Reads what an element says about itself: its two attributes, <c>type</c> and <c>nil</c>.</summary>
internal static class ElementHead
{
    private const string Remedy = "only type and nil are known; data belongs into elements";

    public static string Word(XmlKind kind) => kind switch
    {
        XmlKind.Object => "object",
        XmlKind.Array => "array",
        XmlKind.Number => "number",
        XmlKind.Boolean => "boolean",
        XmlKind.Base64 => "base64",
        XmlKind.Null => "nil",
        _ => "string",
    };

    /// <summary>What is wrong, or null. When something is, the reader stays where it is.</summary>
    public static string? Read(XmlReader reader, out XmlKind kind)
    {
        kind = XmlKind.Unstated;
        if (reader.AttributeCount > XmlLimits.AttributesMax)
            return $"The element has {reader.AttributeCount} attributes: {Remedy}";
        var nil = false;
        while (reader.MoveToNextAttribute())
            if (Attribute(reader, ref kind, ref nil) is { } problem) return problem;
        reader.MoveToElement();
        if (nil) kind = XmlKind.Null;
        return reader.NamespaceURI.Length == 0 ? null : "Namespaces are not used: remove the prefix";
    }

    private static string? Attribute(XmlReader reader, ref XmlKind kind, ref bool nil) => reader.Name switch
    {
        "type" => Type(reader.Value, ref kind),
        "nil" => Nil(reader.Value, ref nil),
        "xmlns" => "Namespaces are not used: remove xmlns",
        _ when reader.Prefix is "xmlns" => $"Namespaces are not used: remove {XmlText.Quote(reader.Name)}",
        _ => $"The attribute '{XmlText.Quote(reader.Name)}' is unknown: {Remedy}",
    };

    private static string? Type(string value, ref XmlKind kind)
    {
        kind = value switch
        {
            "object" => XmlKind.Object,
            "array" => XmlKind.Array,
            "string" => XmlKind.String,
            "number" => XmlKind.Number,
            "boolean" => XmlKind.Boolean,
            "base64" => XmlKind.Base64,
            _ => XmlKind.Unstated,
        };
        return kind == XmlKind.Unstated
            ? $"The type '{XmlText.Quote(value)}' is unknown: use object, array, string, number, boolean or base64"
            : null;
    }

    private static string? Nil(string value, ref bool nil)
    {
        nil = value is "true";
        return nil || value is "false" ? null : $"nil is '{XmlText.Quote(value)}': write true or false";
    }
}
