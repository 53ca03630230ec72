using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Hearth.Tests.Api.Xml;

/// <summary>JSON documents as text, so that numbers keep theirs, made of what is hard for XML.</summary>
internal static class JsonGenerator
{
    private static readonly Gen<string> Piece = Gen.Elements(
        "_", "x", "X", "_x", "_x0041_", "_X0041_", "_x0001F600_", "x005F_", "_x005F_", "0041_", "xml", "XmL", "item",
        "value", "type", "nil", ":", ".", "-", "1", "D8", "00", " ", "\t", "\n", "\r", "\r\n", "<", ">", "&", "\"", "'",
        "]]>", "<!--", "&#13;", "\0", "\u001f", "\u007f", "\u0085", "\u2028", "\ufeff", "\ufffd", "\ufffe", "\uffff",
        "\u00e9", "\u0301", "\u3042", "\ud7ff", "\ue000", "\U0001F600", "\U0010FFFF", "\\", "/", "a", "bc");

    private static readonly Gen<string> Text =
        from count in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Constant(1)), (6, Gen.Choose(2, 6)))
        from pieces in Piece.ArrayOf(count)
        select string.Concat(pieces);

    private static readonly Gen<string> Digits = Gen.Choose(0, 25).SelectMany(
        count => Gen.Elements("0", "1", "5", "9").ArrayOf(count), (_, digits) => string.Concat(digits));

    private static readonly Gen<string> Number =
        from sign in Gen.Elements("", "-")
        from whole in Gen.OneOf(Gen.Constant("0"), Digits.Select(digits => "7" + digits))
        from fraction in Gen.OneOf(Gen.Constant(""), Digits.Select(digits => "." + digits + "0"))
        from exponent in Gen.Elements("", "e0", "E+400", "e-400", "E007")
        select sign + whole + fraction + exponent;

    private static readonly Gen<string> Leaf = Gen.OneOf(
        Text.Select(Quoted), Number, Gen.Elements("true", "false", "null", "{}", "[]", "\"\""));

    public static Arbitrary<string> Documents { get; } = Gen.Sized(size => Value(Math.Min(size, 40))).ToArbitrary();

    private static Gen<string> Value(int size) => size == 0
        ? Leaf
        : Gen.Frequency((1, Leaf), (2, Array(size / 3)), (3, Object(size / 3)));

    private static Gen<string> Array(int size) =>
        Gen.Choose(0, 4).SelectMany(count => Value(size).ArrayOf(count), (_, items) => $"[{string.Join(',', items)}]");

    private static Gen<string> Object(int size) =>
        from count in Gen.Choose(0, 5)
        from names in Text.ArrayOf(count)
        from values in Value(size).ArrayOf(count)
        select "{" + string.Join(',', Members(names, values)) + "}";

    private static IEnumerable<string> Members(string[] names, string[] values) => names
        .Zip(values)
        .DistinctBy(member => member.First, StringComparer.Ordinal)
        .Select(member => $"{Quoted(member.First)}:{member.Second}");

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.Default)}\"";
}
