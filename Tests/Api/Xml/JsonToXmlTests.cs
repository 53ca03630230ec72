using System.Text;
using System.Text.Json;
using Hearth.Api.Xml;

namespace Hearth.Tests.Api.Xml;

public sealed class JsonToXmlTests
{
    private const string Problem = "xmlns=\"urn:ietf:rfc:7807\"";

    [Theory]
    [InlineData("null", "<value nil=\"true\" />")]
    [InlineData("\"text\"", "<value>text</value>")]
    [InlineData("\"\"", "<value></value>")]
    [InlineData("true", "<value type=\"boolean\">true</value>")]
    [InlineData("false", "<value type=\"boolean\">false</value>")]
    [InlineData("{}", "<value type=\"object\" />")]
    [InlineData("[]", "<value type=\"array\" />")]
    [InlineData("[[]]", "<value type=\"array\"><item type=\"array\" /></value>")]
    [InlineData("[1,\"a\",null]",
        "<value type=\"array\"><item type=\"number\">1</item><item>a</item><item nil=\"true\" /></value>")]
    [InlineData("{\"b\":\"1\",\"a\":{\"item\":\"2\"}}",
        "<value type=\"object\"><b>1</b><a type=\"object\"><item>2</item></a></value>")]
    [InlineData("[{\"a\":[]},\"b\"]",
        "<value type=\"array\"><item type=\"object\"><a type=\"array\" /></item><item>b</item></value>")]
    public void Every_kind_of_value_has_its_notation(string json, string xml) => Assert.Equal(xml, Mapped.Xml(json));

    [Theory]
    [InlineData("1e400")]
    [InlineData("12345678901234567890")]
    [InlineData("1.10")]
    [InlineData("-0")]
    [InlineData("-0.0E-5")]
    public void Numbers_keep_their_text(string number) =>
        Assert.Equal($"<value type=\"number\">{number}</value>", Mapped.Xml(number));

    [Theory]
    [InlineData("  ", "  ")]
    [InlineData(" a ", " a ")]
    [InlineData("\\n\\t", "\n\t")]
    [InlineData("a\\rb\\r\\n", "a&#xD;b&#xD;\n")]
    [InlineData("<&>\\\"'", "&lt;&amp;&gt;\"'")]
    [InlineData("]]>", "]]&gt;")]
    [InlineData("\\u00e9\\ud83d\\ude00", "\u00e9\U0001F600")]
    public void Strings_keep_every_character(string json, string text) =>
        Assert.Equal($"<value>{text}</value>", Mapped.Xml($"\"{json}\""));

    [Theory]
    [InlineData("a\\u0000", "YQA=")]
    [InlineData("\\u001b", "Gw==")]
    [InlineData("\\ufffe", "77++")]
    [InlineData("\\uffff", "77+/")]
    public void Strings_that_XML_cannot_carry_are_base64(string json, string base64) =>
        Assert.Equal($"<value type=\"base64\">{base64}</value>", Mapped.Xml($"\"{json}\""));

    [Theory]
    [InlineData("", "_")]
    [InlineData("_", "_x005F_")]
    [InlineData("a b", "a_x0020_b")]
    [InlineData("1a", "_x0031_a")]
    [InlineData("a:b", "a_x003A_b")]
    [InlineData("xmlns", "_x0078_mlns")]
    [InlineData("XML", "_x0058_ML")]
    [InlineData("_x0041_", "_x005F_x0041_")]
    [InlineData("_x0041 ", "_x005F_x0041_x0020_")]
    [InlineData("_X00e9", "_x005F_X00e9")]
    [InlineData("_x004", "_x004")]
    [InlineData("a_b", "a_b")]
    [InlineData("$ref", "_x0024_ref")]
    [InlineData("\\u0000", "_x0000_")]
    [InlineData("\\uffff", "_xFFFF_")]
    [InlineData("\\ud83d\\ude00", "_x0001F600_")]
    public void Names_that_are_no_element_names_are_escaped(string name, string element) =>
        Assert.Equal(
            $"<value type=\"object\"><{element}>v</{element}></value>", Mapped.Xml($"{{\"{name}\":\"v\"}}"));

    [Fact]
    public void Problems_have_their_own_root_items_and_namespace_and_no_attributes() =>
        Assert.Equal(
            $"<problem {Problem}><title>a\ufffd</title><status>400</status><nil />" +
            "<errors><i><at>b</at></i><i>true</i></errors></problem>",
            Mapped.Xml("""{"title":"a\u0007","status":400,"nil":null,"errors":[{"at":"b"},true]}""", XmlShape.Problem));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1,]")]
    [InlineData("[1]//")]
    [InlineData("1 2")]
    [InlineData("NaN")]
    [InlineData("01")]
    [InlineData("\"\\ud800\"")]
    [InlineData("{\"\\udc00\":1}")]
    [InlineData("{\"a\":1,\"\\u0061\":2}")]
    public void Bad_JSON_is_refused(string json) => Assert.ThrowsAny<JsonException>(() => Mapped.Xml(json));

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused()
    {
        Assert.ThrowsAny<JsonException>(() => Mapped.Xml([(byte)'"', 0xFF, (byte)'"']));
        Assert.ThrowsAny<JsonException>(() => Mapped.Xml([.. "{\""u8, 0xC0, 0x80, .. "\":1}"u8]));
    }

    [Fact]
    public void The_same_name_in_two_objects_is_no_duplicate() =>
        Assert.Equal(
            "<value type=\"array\"><item type=\"object\"><a /></item><item type=\"object\"><a /></item></value>",
            Mapped.Xml("[{\"a\":\"\"},{\"a\":\"\"}]").Replace("<a></a>", "<a />", StringComparison.Ordinal));

    [Fact]
    public void Nesting_ends_at_64()
    {
        Assert.Contains("<item type=\"array\" />", Mapped.Xml(Nested(64)), StringComparison.Ordinal);
        Assert.ThrowsAny<JsonException>(() => Mapped.Xml(Nested(65)));
        Assert.ThrowsAny<JsonException>(() => Mapped.Xml(Nested(100_000)));
    }

    [Fact]
    public void Names_end_at_4096_characters()
    {
        Assert.NotEmpty(Mapped.Xml($"{{\"{new string(':', 4096)}\":1}}"));
        Assert.ThrowsAny<JsonException>(() => Mapped.Xml($"{{\"{new string('a', 4097)}\":1}}"));
    }

    private static string Nested(int levels) =>
        new StringBuilder().Append('[', levels).Append(']', levels).ToString();
}
