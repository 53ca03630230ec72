using System.Buffers;
using System.Globalization;
using System.Text;
using System.Xml;

namespace Hearth.Api.Xml;

/// <summary>
/// A member's name as an element's name and back. What XML cannot carry becomes <c>_xHHHH_</c>, as in ISO 9075-14 and
/// <see cref="XmlConvert.DecodeName"/>, which reads it. <see cref="XmlConvert.EncodeLocalName"/> does not write it: it
/// turns both <c>_x0041 </c> (with a space) and <c>Ax0020_</c> into names that are read alike. Here an underscore that
/// looks like the start of an escape is always escaped itself. Two more cases are Hearth's own: the empty name is
/// <c>_</c> (and a lone underscore <c>_x005F_</c>), and names in "xml", which XML reserves, escape the x.
/// </summary>
internal static class MemberName
{
    private const string Empty = "_";
    private const int EscapeDigits = 4;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");

    public static string ToElement(string name)
    {
        if (name.Length == 0) return Empty;
        var isReserved = name.StartsWith("xml", StringComparison.OrdinalIgnoreCase);
        if (!isReserved && IsPlain(name)) return name;
        var element = new StringBuilder(name.Length);
        var isEscaped = isReserved || name is Empty || !XmlConvert.IsStartNCNameChar(name[0]);
        for (var i = 0; i < name.Length; isEscaped = i < name.Length && !XmlConvert.IsNCNameChar(name[i]))
            i += Append(element, name.AsSpan(i), isEscaped || LooksEscaped(name.AsSpan(i)));
        return element.ToString();
    }

    /// <summary>False when an escape names half of a surrogate pair, which JSON in UTF-8 cannot carry.</summary>
    public static bool TryFromElement(string element, out string name)
    {
        name = element;
        if (!element.Contains('_', StringComparison.Ordinal)) return true;
        name = string.Equals(element, Empty, StringComparison.Ordinal) ? "" : XmlConvert.DecodeName(element);
        return IsUnicode(name);
    }

    private static bool IsPlain(string name) =>
        char.IsAsciiLetter(name[0]) && !name.AsSpan().ContainsAnyExcept(Plain);

    private static int Append(StringBuilder element, ReadOnlySpan<char> rest, bool isEscaped)
    {
        if (!isEscaped) element.Append(rest[0]);
        else if (char.IsHighSurrogate(rest[0])) return AppendPair(element, rest);
        else element.Append(CultureInfo.InvariantCulture, $"_x{(int)rest[0]:X4}_");
        return 1;
    }

    private static int AppendPair(StringBuilder element, ReadOnlySpan<char> rest)
    {
        element.Append(CultureInfo.InvariantCulture, $"_x{char.ConvertToUtf32(rest[0], rest[1]):X8}_");
        return 2;
    }

    // Whatever follows the digits: what is escaped there begins with the underscore that would complete this.
    private static bool LooksEscaped(ReadOnlySpan<char> rest)
    {
        if (rest is not ['_', 'x' or 'X', ..] || rest.Length < 2 + EscapeDigits) return false;
        foreach (var digit in rest.Slice(2, EscapeDigits))
            if (!char.IsAsciiHexDigit(digit)) return false;
        return true;
    }

    private static bool IsUnicode(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var length) != OperationStatus.Done) return false;
            text = text[length..];
        }

        return true;
    }
}
