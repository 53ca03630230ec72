using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Hearth.Tests.Api.Xml;

public sealed class XmlHostileTests
{
    private const string BillionLaughs =
        "<!DOCTYPE value [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>" +
        "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'>]><value>&d;</value>";

    [Theory]
    [InlineData("<!DOCTYPE value><value/>", 1)]
    [InlineData("<!DOCTYPE value SYSTEM 'http://127.0.0.1:1/a.dtd'><value/>", 1)]
    [InlineData("<!DOCTYPE value [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><value>&e;</value>", 1)]
    [InlineData("<!DOCTYPE value [<!ENTITY % p SYSTEM 'file:///etc/hostname'>%p;]><value/>", 1)]
    [InlineData("<?xml version='1.0'?>\n<!-- a -->\n<!DOCTYPE value [<!ATTLIST value type CDATA 'array'>]><value/>", 3)]
    [InlineData("<value>\n<!DOCTYPE value></value>", 2)]
    [InlineData(BillionLaughs, 1)]
    public void Document_types_are_refused(string xml, int line)
    {
        var refused = Mapped.Refused(xml);
        Assert.Equal(
            $"The document type declaration is refused: remove the <!DOCTYPE ...> (line {line}, column 1)",
            refused.Message);
    }

    [Theory]
    [InlineData("<a>", "</a>")]
    [InlineData("<item>", "</item>")]
    [InlineData("<item type='array'>", "</item>")]
    [InlineData("<a>", "")]
    [InlineData("<item>", "")]
    public void A_hundred_thousand_levels_are_refused_at_once(string open, string close)
    {
        var xml = new StringBuilder("<value>").Insert("<value>".Length, open, 100_000).Append('x');
        for (var i = 0; i < 100_000; i++) xml.Append(close);
        Assert.Contains("64 deep", Mapped.Refused(xml.Append("</value>").ToString()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a{0}='' ", "100000 attributes")]
    [InlineData("xmlns:a{0}='urn:{0}' ", "100000 attributes")]
    public void A_hundred_thousand_attributes_are_refused(string attribute, string message)
    {
        var xml = new StringBuilder("<value ");
        for (var i = 0; i < 100_000; i++) xml.Append(attribute.Replace("{0}", $"{i}", StringComparison.Ordinal));
        var clock = Stopwatch.StartNew();
        Assert.Contains(message, Mapped.Refused(xml.Append("/>").ToString()).Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC0, 0xAF })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xE2, 0x82 })]
    public void Invalid_UTF_8_is_refused_with_its_place(byte[] wrong)
    {
        var refused = Mapped.Refused([.. "<value>\n\u00e9"u8, .. wrong, .. "</value>"u8]);
        Assert.StartsWith("Byte 10 of the document is not valid UTF-8", refused.Message, StringComparison.Ordinal);
        Assert.Equal((2, 2), (refused.Line, refused.Column));
    }

    [Fact]
    public void A_document_cut_within_a_character_is_refused() =>
        Assert.Contains("not valid UTF-8", Mapped.Refused([.. "<value>\u00e9"u8[..^1]]).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-32", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-16BE", false)]
    public void UTF_16_and_32_are_refused(string encoding, bool mark)
    {
        var coder = Encoding.GetEncoding(encoding);
        var xml = (mark ? coder.GetPreamble() : []).Concat(coder.GetBytes("<value>a</value>")).ToArray();
        Assert.Contains("UTF-16 or UTF-32: send UTF-8", Mapped.Refused(xml).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var xml = Encoding.UTF8.GetBytes(
            "<?xml version=\"1.0\"?><value type='object'><!-- c --><a>&amp;<![CDATA[x]]></a><b nil='true'/></value>");
        for (var length = 0; length < xml.Length; length++) Mapped.Refused(xml[..length]);
        Assert.Equal("{\"a\":\"&x\",\"b\":null}", Mapped.Json(xml));
    }

    [Fact]
    public void Names_end_at_4096_characters()
    {
        Assert.NotEmpty(Mapped.Json($"<value><{new string('a', 4096)}/></value>"));
        Assert.NotEmpty(Mapped.Json(Mapped.Xml($"{{\"{new string(':', 4096)}\":1}}")));
        var refused = Mapped.Refused($"<value><{new string('a', 4097)}/></value>");
        Assert.Contains("longer than 4096", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_has_at_most_64_Mi_characters()
    {
        var blanks = Mapped.Repeated([.. Enumerable.Repeat((byte)' ', 1 << 20)], 65);
        var refused = Assert.Throws<Hearth.Api.Xml.XmlRejectedException>(() => Mapped.Json(blanks));
        Assert.Contains("longer than 67108864 characters", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_of_a_hundred_thousand_levels_is_refused()
    {
        var json = new StringBuilder().Insert(0, "{\"a\":", 100_000).Append('1').Append('}', 100_000).ToString();
        Assert.ThrowsAny<JsonException>(() => Mapped.Xml(json));
    }
}
