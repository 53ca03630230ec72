using System.Runtime.InteropServices;
using System.Text.Json;
using System.Xml;

namespace Hearth.Api.Xml;

/// <summary>
/// Drives one document from XML to JSON in a loop over nodes, with its own stack: nesting never becomes recursion.
/// An element (1) gets a frame, (2) says its kind, (3) is announced to its parent, which may thereby turn out to be an
/// array or an object, and (4) at its end closes, or is written from its text.
/// </summary>
internal sealed class XmlDocumentReader(XmlReader reader, Utf8JsonWriter json, Func<HashSet<int>> scan)
{
    private readonly List<XmlFrame> frames = [];
    private readonly TextRun text = new();
    private HashSet<int>? startWithItem;
    private int depth;
    private int ordinal;

    public string? Path => depth == 0 ? null : XmlFrame.Path(CollectionsMarshal.AsSpan(frames)[..depth]);

    private XmlFrame Top => frames[depth - 1];

    public void Run()
    {
        while (reader.Read()) Node();
    }

    private void Node()
    {
        switch (reader.NodeType)
        {
            case XmlNodeType.Element: Element(); break;
            case XmlNodeType.EndElement: End(); break;
            case XmlNodeType.XmlDeclaration: Declaration(); break;
            case XmlNodeType.Text or XmlNodeType.CDATA: Text(reader.Value); break;
            case XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace: Text(reader.Value); break;
            default: throw Rejected($"A processing instruction is refused: remove <?{XmlText.Quote(reader.Name)} ...?>");
        }
    }

    private void Declaration()
    {
        if (reader.GetAttribute("encoding") is { } encoding && !XmlSource.IsUtf8Name(encoding))
            throw Rejected($"The document declares the encoding '{XmlText.Quote(encoding)}': send UTF-8 and declare that");
    }

    private void Element()
    {
        var frame = Push();
        if (ElementHead.Read(reader, out var kind) is { } problem) throw Rejected(problem);
        if (depth > 1) Announce(frames[depth - 2], frame.Name);
        else if (frame.Name is not "value")
            throw Rejected($"The root element is '{XmlText.Quote(frame.Name)}': name it 'value'");
        if (kind is XmlKind.Object or XmlKind.Array) Open(frame, kind);
        else frame.Kind = kind;
        if (reader.IsEmptyElement) End();
    }

    private XmlFrame Push()
    {
        if (depth == frames.Count) frames.Add(new XmlFrame());
        var place = (IXmlLineInfo)reader;
        frames[depth].Fill(reader.Name, ++ordinal, place.LineNumber, place.LinePosition);
        if (depth > 0) Top.Children++;
        return frames[depth++];
    }

    private void Announce(XmlFrame parent, string name)
    {
        if (parent.Kind == XmlKind.Unstated) Settle(parent, name);
        if (parent.Kind == XmlKind.Object) Member(parent, name);
        else if (parent.Kind != XmlKind.Array)
            throw Rejected($"'{XmlText.Quote(parent.Name)}' is declared {ElementHead.Word(parent.Kind)} but has child elements");
        else if (!IsItem(name))
            throw Rejected($"'{XmlText.Quote(name)}' is in an array: name it 'item', or its parent type=\"object\"");
    }

    private void Settle(XmlFrame parent, string firstChild)
    {
        if (!XmlText.IsBlank(text.Take())) throw Mixed();
        var isArray = IsItem(firstChild) && !(startWithItem ??= scan()).Contains(parent.Ordinal);
        Open(parent, isArray ? XmlKind.Array : XmlKind.Object);
    }

    private void Member(XmlFrame parent, string element)
    {
        if (!MemberName.TryFromElement(element, out var name))
            throw Rejected($"The name '{XmlText.Quote(element)}' escapes half of a surrogate pair: escape the whole");
        if (name.Length > XmlLimits.NameCharsMax)
            throw Rejected($"The element's name is longer than {XmlLimits.NameCharsMax} characters: shorten it");
        if (!parent.Members.Add(name))
            throw Rejected($"'{XmlText.Quote(element)}' is there twice: name repeated elements 'item', in one parent");
        json.WritePropertyName(name);
    }

    private void Open(XmlFrame frame, XmlKind kind)
    {
        if (json.CurrentDepth == XmlLimits.DepthMax)
            throw Rejected($"Elements are nested more than {XmlLimits.DepthMax} deep: flatten the document");
        frame.Kind = kind;
        frame.Members.Clear();
        if (kind == XmlKind.Array) json.WriteStartArray();
        else json.WriteStartObject();
    }

    private void Text(string value)
    {
        if (depth == 0) return;
        if (!Top.IsContainer) text.Append(value);
        else if (!XmlText.IsBlank(value)) throw Mixed();
    }

    private void End()
    {
        if (Top.Kind == XmlKind.Object) json.WriteEndObject();
        else if (Top.Kind == XmlKind.Array) json.WriteEndArray();
        else if (XmlLeaf.Write(json, Top.Kind, text.Take()) is { } problem)
            throw new XmlRejectedException(problem, Top.Line, Top.Column, Path);
        depth--;
    }

    private static bool IsItem(string name) => string.Equals(name, ItemScan.Item, StringComparison.Ordinal);

    private XmlRejectedException Mixed() =>
        Rejected("Text stands beside elements: give the text an element of its own, or remove it");

    private XmlRejectedException Rejected(string what)
    {
        var place = (IXmlLineInfo)reader;
        return new XmlRejectedException(what, place.LineNumber, place.LinePosition, Path);
    }
}
