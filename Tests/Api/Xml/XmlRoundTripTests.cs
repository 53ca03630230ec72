using System.Text.Encodings.Web;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Api.Xml;

namespace Hearth.Tests.Api.Xml;

/// <summary>A failure names its seed; <c>Config.WithReplay</c> takes it.</summary>
public sealed class XmlRoundTripTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(5_000).WithEndSize(60);

    [Fact]
    public void Any_document_comes_back_as_it_was() => Check.One(Runs, Prop.ForAll(
        JsonGenerator.Documents,
        json => string.Equals(Canonical(json), Canonical(Mapped.Json(Mapped.Xml(json))), StringComparison.Ordinal)));

    [Fact]
    public void A_document_that_came_from_XML_goes_back_to_the_same_XML() => Check.One(Runs, Prop.ForAll(
        JsonGenerator.Documents,
        json =>
        {
            var xml = Mapped.Xml(json);
            return string.Equals(xml, Mapped.Xml(Mapped.Json(xml)), StringComparison.Ordinal);
        }));

    [Fact]
    public void The_XML_is_well_formed_in_both_shapes() => Check.One(Runs, Prop.ForAll(
        JsonGenerator.Documents,
        json => IsWellFormed(Mapped.Xml(json), "value", "") && IsWellFormed(
            Mapped.Xml(json, XmlShape.Problem), "problem", "urn:ietf:rfc:7807")));

    [Fact]
    public void People_may_lay_out_the_XML() => Check.One(Runs, Prop.ForAll(
        JsonGenerator.Documents,
        json => string.Equals(Canonical(json), Canonical(Mapped.Json(Indented(json))), StringComparison.Ordinal)));

    [Fact]
    public void Every_character_survives_in_names_and_text()
    {
        for (var code = 0; code <= 0x10FFFF; code += code < 0x3100 || code > 0xFF00 && code < 0x10010 ? 1 : 251)
        {
            if (code is >= 0xD800 and <= 0xDFFF) continue;
            var text = char.ConvertFromUtf32(code);
            var json = JsonSerializer.Serialize(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [text] = text, ["a" + text + "_x0041_"] = " " + text,
            });
            Assert.Equal(Canonical(json), Canonical(Mapped.Json(Mapped.Xml(json))));
        }
    }

    private static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Canonical(document.RootElement);
    }

    // Not JsonElement.DeepEquals: it compares numbers by value and members in any order.
    private static string Canonical(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(',', element.EnumerateObject()
            .Select(member => $"{Escaped(member.Name)}:{Canonical(member.Value)}")) + "}",
        JsonValueKind.Array => "[" + string.Join(',', element.EnumerateArray().Select(Canonical)) + "]",
        JsonValueKind.String => Escaped(element.GetString()!),
        _ => element.GetRawText(),
    };

    private static string Escaped(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.Default)}\"";

    private static bool IsWellFormed(string xml, string root, string ns) =>
        XDocument.Parse(xml).Root!.Name == XName.Get(root, ns);

    private static string Indented(string json)
    {
        using var text = new StringWriter();
        var settings = new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.Entitize };
        using (var writer = XmlWriter.Create(text, settings)) XDocument.Parse(Mapped.Xml(json), LoadOptions.PreserveWhitespace).Save(writer);
        return text.ToString();
    }
}
