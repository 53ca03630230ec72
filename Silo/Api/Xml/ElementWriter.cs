using System.Text;
using System.Xml;

namespace Hearth.Api.Xml;

/// <summary>Writes JSON values as elements, naming each by its place: the root, a member or an item.</summary>
internal sealed class ElementWriter(XmlWriter xml, XmlShape shape)
{
    private readonly List<Level> levels = [];
    private int depth;
    private string name = shape.Root;

    /// <summary>Names the next element of the open object; false if the object already has that name.</summary>
    public bool TryName(string member)
    {
        name = MemberName.ToElement(member);
        return levels[depth - 1].Members.Add(member);
    }

    public void Start(XmlKind kind)
    {
        Open(kind);
        if (depth == levels.Count) levels.Add(new Level());
        levels[depth].Members.Clear();
        levels[depth].IsArray = kind == XmlKind.Array;
        depth++;
        name = shape.Item;
    }

    public void End()
    {
        xml.WriteEndElement();
        depth--;
        NameNext();
    }

    public void String(string text)
    {
        if (XmlText.Fits(text)) Leaf(XmlKind.String, text);
        else if (!shape.Typed) Leaf(XmlKind.String, XmlText.Fit(text));
        else Leaf(XmlKind.Base64, Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
    }

    public void Leaf(XmlKind kind, string text)
    {
        Open(kind);

        // Even an empty string would cost the short form of the tag.
        if (kind != XmlKind.Null) xml.WriteString(text);
        xml.WriteEndElement();
        NameNext();
    }

    private void Open(XmlKind kind)
    {
        xml.WriteStartElement(name, shape.Namespace);
        if (!shape.Typed || kind == XmlKind.String) return;
        if (kind == XmlKind.Null) xml.WriteAttributeString("nil", "true");
        else xml.WriteAttributeString("type", ElementHead.Word(kind));
    }

    // In an object the next name arrives with its member; after the root nothing follows.
    private void NameNext()
    {
        if (depth > 0 && levels[depth - 1].IsArray) name = shape.Item;
    }

    private sealed class Level
    {
        public SeenMembers Members { get; } = new();

        public bool IsArray { get; set; }
    }
}
