namespace Hearth.Api.Xml;

/// <summary>What an element says that it is, or is found to be.</summary>
internal enum XmlKind
{
    /// <summary>No attribute: its content tells. A string unless it has child elements.</summary>
    Unstated,
    Object,
    Array,
    String,
    Number,
    Boolean,

    /// <summary>A string with characters that XML cannot carry.</summary>
    Base64,
    Null,
}
