using System.Text;

namespace Hearth.Api.Xml;

/// <summary>The text of one element. Comments, CDATA and references split it; mostly it is one piece, which is not copied.</summary>
internal sealed class TextRun
{
    private StringBuilder? rest;
    private string first = "";

    public void Append(string piece)
    {
        if (first.Length == 0) first = piece;
        else (rest ??= new StringBuilder(first)).Append(piece);
    }

    public string Take()
    {
        var text = rest?.ToString() ?? first;
        (first, rest) = ("", null);
        return text;
    }
}
