namespace Hearth.Api.Xml;

/// <summary>The names that a document uses in XML: everything in which its two shapes differ.</summary>
/// <param name="Root">Name of the root element.</param>
/// <param name="Item">Name of the element that repeats for each item of an array.</param>
/// <param name="Namespace">Namespace of every element, empty for none.</param>
/// <param name="Typed">Whether elements say their JSON type, without which XML cannot be turned back into the same JSON.</param>
internal sealed record XmlShape(string Root, string Item, string Namespace, bool Typed)
{
    /// <summary>Every resource: <c>docs/reference/xml.md</c>.</summary>
    public static XmlShape Value { get; } = new("value", "item", "", Typed: true);

    /// <summary>Problem documents: RFC 9457, appendix B, whose schema knows no attributes.</summary>
    public static XmlShape Problem { get; } = new("problem", "i", "urn:ietf:rfc:7807", Typed: false);
}
