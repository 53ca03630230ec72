namespace Hearth.Tests.Api.Xml;

/// <summary>What is refused, with the words and the place that a caller gets.</summary>
public sealed class XmlRefusalTests
{
    [Theory]
    [InlineData("<root/>", "root element is 'root': name it 'value'")]
    [InlineData("<Value/>", "name it 'value'")]
    [InlineData("<value><a/>text</value>", "Text stands beside elements")]
    [InlineData("<value>text<a/></value>", "Text stands beside elements")]
    [InlineData("<value type='array'>text</value>", "Text stands beside elements")]
    [InlineData("<value type='object'><![CDATA[x]]></value>", "Text stands beside elements")]
    [InlineData("<value><a/><a/></value>", "'a' is there twice")]
    [InlineData("<value><A/><_x0041_/></value>", "'_x0041_' is there twice")]
    [InlineData("<value><item/><a/><item/></value>", "'item' is there twice")]
    [InlineData("<value type='array'><a/></value>", "'a' is in an array")]
    [InlineData("<value type='number'><a/></value>", "declared number but has child elements")]
    [InlineData("<value nil='true'><a/></value>", "declared nil but has child elements")]
    [InlineData("<value type='string'><a/></value>", "declared string but has child elements")]
    [InlineData("<value nil='true'>x</value>", "nil=\"true\" and text")]
    [InlineData("<value nil='1'/>", "nil is '1': write true or false")]
    [InlineData("<value type='int'>1</value>", "The type 'int' is unknown")]
    [InlineData("<value kind='int'>1</value>", "The attribute 'kind' is unknown")]
    [InlineData("<value xml:lang='en'/>", "The attribute 'xml:lang' is unknown")]
    [InlineData("<value xmlns='urn:a'/>", "remove xmlns")]
    [InlineData("<value xmlns:xsi='urn:a' xsi:nil='true'/>", "remove xmlns:xsi")]
    [InlineData("<value><xml:a/></value>", "remove the prefix")]
    [InlineData("<value><a:b/></value>", "'a' is an undeclared prefix")]
    [InlineData("<value><_xD83D_/></value>", "half of a surrogate pair")]
    [InlineData("<value><?php x?></value>", "processing instruction is refused: remove <?php")]
    [InlineData("<?a b?><value/>", "processing instruction is refused")]
    [InlineData("<value/><?a b?>", "processing instruction is refused")]
    [InlineData("<?xml version='1.0' encoding='iso-8859-1'?><value/>", "declares the encoding 'iso-8859-1': send UTF-8")]
    [InlineData("<?xml version='1.0' encoding='utf-16'?><value/>", "declares the encoding 'utf-16'")]
    [InlineData("<value>&nbsp;</value>", "undeclared entity 'nbsp'")]
    [InlineData("<value>&#0;</value>", "not well-formed")]
    [InlineData("<value>&#xD800;</value>", "not well-formed")]
    [InlineData("<value>\u0001</value>", "not well-formed")]
    [InlineData("<value type='number' type='number'>1</value>", "not well-formed")]
    [InlineData("<value/><value/>", "multiple root elements")]
    [InlineData("<value/>text", "not well-formed")]
    [InlineData("<value><a></value>", "does not match")]
    [InlineData("<value><a>", "Unexpected end of file")]
    [InlineData("<value", "not well-formed")]
    [InlineData("", "Root element is missing")]
    [InlineData("{\"a\":1}", "not well-formed")]
    public void The_message_says_what_is_wrong(string xml, string message) =>
        Assert.Contains(message, Mapped.Refused(xml).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("1 2")]
    [InlineData("01")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("+1")]
    [InlineData("0x1")]
    [InlineData("NaN")]
    [InlineData("1,5")]
    [InlineData("\"1\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("\u0661")]
    public void Only_JSON_numbers_are_numbers(string text) =>
        Assert.Contains("not a JSON number", Mapped.Refused($"<value type='number'>{text}</value>").Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("True")]
    public void Only_true_and_false_are_booleans(string text) =>
        Assert.Contains("not a boolean", Mapped.Refused($"<value type='boolean'>{text}</value>").Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("Y", "not base64")]
    [InlineData("YQ", "not base64")]
    [InlineData("Y-==", "not base64")]
    [InlineData("/w==", "does not hold UTF-8")]
    [InlineData("7aCA", "does not hold UTF-8")]
    public void Only_base64_of_UTF_8_is_base64(string text, string message) =>
        Assert.Contains(message, Mapped.Refused($"<value type='base64'>{text}</value>").Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("iso-8859-1")]
    [InlineData("utf-16")]
    [InlineData("")]
    public void Other_charsets_are_refused(string charset) =>
        Assert.Contains("charset", Mapped.Refused("<value/>", charset).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("<value>\n <jobs><item/><item>\n  <n type='number'>x</n></item></jobs></value>", 3, 4, "/value/jobs/item[2]/n")]
    [InlineData("<value type='array'>\n<item/><item kind=''/></value>", 2, 14, "/value/item[2]")]
    [InlineData("<value>\n <a/>\n <a/></value>", 3, 3, "/value/a")]
    [InlineData("<value>\n<a></b></value>", 2, 6, "/value/a")]
    public void The_place_is_told(string xml, int line, int column, string path)
    {
        var refused = Mapped.Refused(xml);
        Assert.Equal((line, column), (refused.Line, refused.Column));
        Assert.Equal(path, refused.Path);
        Assert.EndsWith($"(line {line}, column {column}, at {refused.Path})", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_caller_wrote_is_quoted_in_part_only()
    {
        var refused = Mapped.Refused($"<value><{new string('a', 50_000)} b=''/></value>");
        Assert.InRange(refused.Message.Length, 50, 600);
    }
}
