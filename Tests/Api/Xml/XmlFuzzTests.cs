using System.Buffers;
using System.Text;
using System.Text.Json;
using Hearth.Api.Xml;

namespace Hearth.Tests.Api.Xml;

/// <summary>Whatever comes in, only the one exception of each direction comes out, and what is accepted is JSON or XML.</summary>
public sealed class XmlFuzzTests
{
    private const int Iterations = 200_000;

    private static readonly string[] Leaks = ["System.", "XmlReader", "XmlException", "DtdProcessing", "Settings", "MaxChar"];

    private static readonly string[] XmlTokens =
    [
        "<value>", "</value>", "<item>", "</item>", "<a>", "</a>", "<a/>", "<_x0041_/>", "<_xD800_/>", "<_/>", "<_xFFFFFFFF_/>", "<_x00110000_/>", "<_x0001F600_/>", "<_X0041_/>", " type='",
        "number'", "array'", "object'", "base64'", "boolean'", " nil='true'", " nil='", ">", "/>", "<", "</", "'", "\"",
        "1", "1e5", "true", "AA==", "&amp;", "&#13;", "&#x", ";", "&lt;", "&", "<![CDATA[", "]]>", "<!--", "-->", "<?xml ",
        "version='1.0'", " encoding='utf-8'", " encoding='utf-7'", "?>", "<?p ", "<!DOCTYPE a", "<!ENTITY", " xmlns='b'",
        " xmlns:c='d'", "c:", "xml:", "\n", "\r", " ", "\0", "\uFEFF", "\uFFFF", "\u00e9", "\U0001F600",
    ];

    private static readonly string[] JsonTokens =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"a\":", "\"\\u0000\"", "\"\\ud800\"", "\\", "null", "true", "1", "-",
        "1e400", ".5", " ", "/*", "//", "\n", "\0", "\uFEFF", "\u00e9",
    ];

    [Fact]
    public void Random_XML_gives_JSON_or_a_refusal()
    {
        var accepted = Fuzz<XmlRejectedException>(XmlTokens, "<value type='object'><a type='number'>1</a><b><item>x</item></b></value>"u8,
            static bytes =>
            {
                var json = new ArrayBufferWriter<byte>();
                XmlToJson.Convert(new ReadOnlySequence<byte>(bytes), json);
                using var document = JsonDocument.Parse(json.WrittenMemory);
            });
        Assert.True(accepted > Iterations / 100, $"only {accepted} documents were accepted");
    }

    [Fact]
    public void Random_JSON_gives_XML_that_is_read_again_or_a_refusal()
    {
        var accepted = Fuzz<JsonException>(JsonTokens, "{\"a\":1,\"b\":[\"x\",null]}"u8, static bytes => Mapped.Json(
            Encoding.UTF8.GetBytes(Mapped.Xml(bytes))));
        Assert.True(accepted > Iterations / 100, $"only {accepted} documents were accepted");
    }

    private static int Fuzz<TRefusal>(string[] tokens, ReadOnlySpan<byte> sample, Action<byte[]> convert)
        where TRefusal : Exception
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var accepted = 0;
        for (var i = 0; i < Iterations; i++)
        {
            var bytes = (i % 4) switch
            {
                0 => Mutated(sample, random),
                1 => Tokens("", tokens, "", random),
                2 => Tokens(tokens[0], tokens, tokens[1], random),
                _ => Noise(random),
            };
            if (Accepts<TRefusal>(convert, bytes, $"seed {seed}, iteration {i}: {Convert.ToHexString(bytes)}")) accepted++;
        }

        return accepted;
    }

    private static bool Accepts<TRefusal>(Action<byte[]> convert, byte[] bytes, string what)
        where TRefusal : Exception
    {
        try
        {
            convert(bytes);
            return true;
        }
        catch (TRefusal refusal)
        {
            Assert.DoesNotContain(Leaks, leak => refusal.Message.Contains(leak, StringComparison.Ordinal));
            return false;
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException(what, fault);
        }
    }

    private static byte[] Mutated(ReadOnlySpan<byte> sample, Random random)
    {
        var bytes = sample.ToArray();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
            bytes[random.Next(bytes.Length)] = random.Next(2) == 0
                ? (byte)random.Next(256)
                : bytes[random.Next(bytes.Length)];
        return bytes;
    }

    private static byte[] Tokens(string head, string[] tokens, string tail, Random random) =>
        Encoding.UTF8.GetBytes(head + string.Concat(random.GetItems(tokens, random.Next(1, 8))) + tail);

    private static byte[] Noise(Random random)
    {
        var bytes = new byte[random.Next(40)];
        random.NextBytes(bytes);
        return bytes;
    }
}
