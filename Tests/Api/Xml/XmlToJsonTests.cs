using System.Text;

namespace Hearth.Tests.Api.Xml;

public sealed class XmlToJsonTests
{
    [Theory]
    [InlineData("<value/>", "\"\"")]
    [InlineData("<value>5</value>", "\"5\"")]
    [InlineData("<value><a>1</a><b/></value>", "{\"a\":\"1\",\"b\":\"\"}")]
    [InlineData("<value><item>1</item></value>", "[\"1\"]")]
    [InlineData("<value><item>1</item><item><item/></item></value>", "[\"1\",[\"\"]]")]
    [InlineData("<value>\n  <a>\n    <item> x </item>\n  </a>\n</value>", "{\"a\":[\" x \"]}")]
    [InlineData("<value><item>1</item><a>2</a></value>", "{\"item\":\"1\",\"a\":\"2\"}")]
    [InlineData("<value><a>2</a><item>1</item></value>", "{\"a\":\"2\",\"item\":\"1\"}")]
    [InlineData("<value><item><item/><a/></item><item><item/><item/></item></value>",
        "[{\"item\":\"\",\"a\":\"\"},[\"\",\"\"]]")]
    public void Without_types_the_content_tells(string xml, string json) => Assert.Equal(json, Mapped.Json(xml));

    [Theory]
    [InlineData("<value type='object'/>", "{}")]
    [InlineData("<value type='object'> \n </value>", "{}")]
    [InlineData("<value type='object'><item>1</item></value>", "{\"item\":\"1\"}")]
    [InlineData("<value type='array'/>", "[]")]
    [InlineData("<value type='array'><item type='number'> 7\n</item></value>", "[7]")]
    [InlineData("<value type='boolean'>\ttrue </value>", "true")]
    [InlineData("<value type='boolean'>false</value>", "false")]
    [InlineData("<value type='string'>true</value>", "\"true\"")]
    [InlineData("<value type='string'/>", "\"\"")]
    [InlineData("<value type='base64'> YQ\n A= </value>", "\"a\\u0000\"")]
    [InlineData("<value nil='true'/>", "null")]
    [InlineData("<value nil='true' type='number'>\n</value>", "null")]
    [InlineData("<value nil='false' type='number'>1</value>", "1")]
    public void Types_are_obeyed(string xml, string json) => Assert.Equal(json, Mapped.Json(xml));

    [Theory]
    [InlineData("1e400")]
    [InlineData("12345678901234567890")]
    [InlineData("1.10")]
    [InlineData("-0.0E+05")]
    public void Numbers_keep_their_text(string number) =>
        Assert.Equal(number, Mapped.Json($"<value type='number'>{number}</value>"));

    [Theory]
    [InlineData("  ", "  ")]
    [InlineData("&#x20;\n", " \\n")]
    [InlineData("a&#xD;b", "a\\rb")]
    [InlineData("a\r\nb\rc", "a\\nb\\nc")]
    [InlineData("&lt;&amp;&gt;&quot;&apos;", "<&>\\\"'")]
    [InlineData("<![CDATA[<a>&amp;]]>", "<a>&amp;")]
    [InlineData(" a<![CDATA[ ]]><!-- b -->c<!---->&#100; ", " a cd ")]
    [InlineData("<!-- only -->", "")]
    [InlineData("&#x1F600;", "\\uD83D\\uDE00")]
    public void Text_survives(string text, string json) =>
        Assert.Equal($"\"{json}\"", Mapped.Json($"<value>{text}</value>"));

    [Theory]
    [InlineData("_", "")]
    [InlineData("_x005F_", "_")]
    [InlineData("a_x0020_b", "a b")]
    [InlineData("_x0078_mlns", "xmlns")]
    [InlineData("xmlfoo", "xmlfoo")]
    [InlineData("_x005F_x0041_", "_x0041_")]
    [InlineData("_x0041_", "A")]
    [InlineData("_x005F_x0041_x0020_", "_x0041 ")]
    [InlineData("_x41_", "_x41_")]
    [InlineData("a_b", "a_b")]
    [InlineData("_x0001F600_", "\\uD83D\\uDE00")]
    public void Escaped_names_are_restored(string element, string name) =>
        Assert.Equal($"{{\"{name}\":\"\"}}", Mapped.Json($"<value><{element}/></value>"));

    [Theory]
    [InlineData("<!-- a --><value/><!-- b -->\n")]
    [InlineData("<?xml version='1.0'?>\n<value/>")]
    [InlineData("<?xml version='1.0' encoding='UTF-8' standalone='yes'?><value/>")]
    [InlineData("<?xml version='1.0' encoding='us-ascii'?><value/>")]
    [InlineData("\uFEFF<value></value>")]
    [InlineData(" \n<value/>")]
    public void Around_the_root_there_may_be_comments_space_and_a_declaration(string xml) =>
        Assert.Equal("\"\"", Mapped.Json(xml));

    [Theory]
    [InlineData(null)]
    [InlineData("utf-8")]
    [InlineData("\"UTF-8\"")]
    [InlineData("US-ASCII")]
    public void UTF_8_and_its_subset_are_the_charsets(string? charset) =>
        Assert.Equal("\"a\"", Mapped.Json("<value>a</value>", charset));

    [Fact]
    public void Nesting_ends_at_64()
    {
        Assert.Equal(Nested("[", 64, "\"\"", "]"), Mapped.Json(Items(64, "<item/>")));
        Assert.Equal(Nested("[", 64, "", "]"), Mapped.Json(Items(63, "<item type='array'/>")));
        Assert.Contains("64 deep", Mapped.Refused(Items(65, "<item/>")).Message, StringComparison.Ordinal);
        Assert.Contains("64 deep", Mapped.Refused(Items(64, "<item type='array'/>")).Message, StringComparison.Ordinal);
        Assert.Contains("64 deep", Mapped.Refused(Items(64, "<item type='object'/>")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_may_come_in_pieces()
    {
        var xml = Encoding.UTF8.GetBytes("\uFEFF<value><\u00e9>\U0001F600&#xD;</\u00e9></value>");
        for (var length = 1; length < xml.Length; length++)
            Assert.Equal(Mapped.Json(xml), Mapped.Json(Mapped.Pieces(xml, length)));
    }

    private static string Items(int levels, string leaf) =>
        "<value>" + Nested("<item>", levels - 1, leaf, "</item>") + "</value>";

    private static string Nested(string open, int levels, string leaf, string close) =>
        new StringBuilder().Insert(0, open, levels).Append(leaf).ToString()
        + new StringBuilder().Insert(0, close, levels);
}
