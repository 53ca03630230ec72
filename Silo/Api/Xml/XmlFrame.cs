using System.Text;

namespace Hearth.Api.Xml;

/// <summary>One open element. Frames are kept by depth and filled anew.</summary>
internal sealed class XmlFrame
{
    /// <summary>The element's name as it stands in the document.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Position among all elements of the document, from 1.</summary>
    public int Ordinal { get; private set; }

    public int Line { get; private set; }

    public int Column { get; private set; }

    /// <summary>Object or Array exactly when that has been opened in the JSON.</summary>
    public XmlKind Kind { get; set; }

    public int Children { get; set; }

    public SeenMembers Members { get; } = new();

    public bool IsContainer => Kind is XmlKind.Object or XmlKind.Array;

    public void Fill(string name, int ordinal, int line, int column)
    {
        (Name, Ordinal, Line, Column) = (name, ordinal, line, column);
        (Kind, Children) = (XmlKind.Unstated, 0);
    }

    /// <summary>Such as <c>/value/jobs/item[2]</c>; of a long one, the end.</summary>
    public static string Path(ReadOnlySpan<XmlFrame> frames)
    {
        const int charsMax = 200;
        var path = new StringBuilder();
        XmlFrame? parent = null;
        foreach (var frame in frames)
        {
            path.Append('/').Append(XmlText.Quote(frame.Name));
            if (parent?.Kind == XmlKind.Array) path.Append('[').Append(parent.Children).Append(']');
            parent = frame;
        }

        return XmlText.Tail(path.ToString(), charsMax);
    }
}
