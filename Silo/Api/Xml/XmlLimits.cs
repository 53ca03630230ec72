namespace Hearth.Api.Xml;

/// <summary>Bounds on one document, the same in both directions, so that Hearth never writes what it would not read.</summary>
internal static class XmlLimits
{
    /// <summary>Objects and arrays inside one another.</summary>
    public const int DepthMax = 64;

    /// <summary>Length of a member's name, unescaped, in UTF-16 units; escaping makes it at most seven times as long.</summary>
    public const int NameCharsMax = 4096;

    /// <summary>Attributes on an element. Two have a meaning; the rest of the room is for naming the unknown one.</summary>
    public const int AttributesMax = 8;

    /// <summary>A second fence behind the limit on the body, which is the caller's to set.</summary>
    public const long DocumentCharsMax = 64L * 1024 * 1024;

    /// <summary>Nothing declares entities here, so nothing should ever expand; zero would mean no limit.</summary>
    public const long EntityCharsMax = 1;

    /// <summary>How much of a caller's own text an error message repeats.</summary>
    public const int QuoteCharsMax = 80;
}
