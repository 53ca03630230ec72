using System.Buffers;
using System.Diagnostics;
using System.Text;
using Hearth.Api.Xml;

namespace Hearth.Tests.Api.Xml;

/// <summary>Alone on the machine, as far as this process goes.</summary>
[CollectionDefinition(nameof(XmlCostTests), DisableParallelization = true)]
public sealed class XmlCostCollection;

/// <summary>
/// Sixteen times the document may cost less than 128 times the time: a quadratic step would cost 256 times, and what no longer fits into
/// the processor's caches costs several times as much for each byte.
/// </summary>
[Collection(nameof(XmlCostTests))]
public sealed class XmlCostTests
{
    private const int Small = 1 << 20;
    private const int Large = 16 * Small;
    private const int RatioMax = 128;

    // Less is as likely the noise of the machine.
    private static readonly TimeSpan OnceMin = TimeSpan.FromMilliseconds(10);

    private static readonly Dictionary<string, (string Head, string Repeated, string Tail)> Documents =
        new(StringComparer.Ordinal)
        {
            ["objects"] = ("<value>", "<item><a>1</a><b type='number'>2</b></item>", "</value>"),
            ["members"] = ("<value>", "<m{0}/>", "</value>"),
            ["escaped"] = ("<value>", "<_x0020_m{0}/>", "</value>"),
            ["text"] = ("<value>", "some text ", "</value>"),
            ["references"] = ("<value>", "&amp;&#13;", "</value>"),
            ["pieces"] = ("<value>", "a<!---->b<![CDATA[c]]>", "</value>"),
            ["comments"] = ("<value>", "<!-- - -->", "</value>"),
            ["blanks"] = ("<value><item/>", "\n \t", "</value>"),
            ["number"] = ("<value type='number'>", "1234567890", "</value>"),
            ["base64"] = ("<value type='base64'>", "AAAA\n", "</value>"),
            ["name"] = ("<", "value", "/>"),
            ["attribute"] = ("<value type='", "array", "'/>"),
            ["late"] = ("<value>", "<item><item/><a/></item>", "</value>"),
        };

    public static TheoryData<string> Shapes => [.. Documents.Keys];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void XML_costs_its_length(string shape) =>
        AssertLinear(bytes => Document(shape, bytes), static xml => TryRead(new ReadOnlySequence<byte>(xml)));

    [Theory]
    [InlineData("[", "{\"a\":[1,\"\",null]},", "0]")]
    [InlineData("{", "\"m{0}\":1,", "\"m\":0}")]
    [InlineData("\"", "\\u0000<&\\r", "\"")]
    [InlineData("", "1234567890", "")]
    public void JSON_costs_its_length(string head, string repeated, string tail) => AssertLinear(
        bytes => Filled(head, repeated, tail, bytes),
        static json => JsonToXml.Convert(
            new ReadOnlySequence<byte>(json), new Sink(), XmlShape.Value));

    [Fact]
    public void A_wide_object_costs_the_small_ones_after_it_nothing() =>
        AssertLinear(WideThenSmall, static xml => TryRead(new ReadOnlySequence<byte>(xml)));

    private static byte[] WideThenSmall(int bytes) => [
        .. "<value><item>"u8,
        .. Filled("", "<m{0}/>", "</item>", bytes / 2),
        .. Filled("", "<item><a/></item>", "</value>", bytes / 2)];

    private static byte[] Document(string shape, int bytes)
    {
        var (head, repeated, tail) = Documents[shape];
        return Filled(head, repeated, tail, bytes);
    }

    private static byte[] Filled(string head, string repeated, string tail, int bytes)
    {
        var text = new StringBuilder(head, bytes + 100);
        for (var i = 0; text.Length < bytes; i++) text.Append(repeated.Replace("{0}", $"{i}", StringComparison.Ordinal));
        return Encoding.UTF8.GetBytes(text.Append(tail).ToString());
    }

    // Some shapes are refused in the end; getting there may not take long either.
    private static void TryRead(ReadOnlySequence<byte> xml)
    {
        try
        {
            XmlToJson.Convert(xml, new Sink());
        }
        catch (XmlRejectedException refused)
        {
            Assert.NotEmpty(refused.Message);
        }
    }

    private static void AssertLinear(Func<int, byte[]> document, Action<byte[]> convert)
    {
        var (small, large) = (document(Small), document(Large));
        convert(small);
        var once = Best(small, convert, runs: 5);
        var allowed = (once < OnceMin ? OnceMin : once) * RatioMax;
        var sixteen = Best(large, convert, runs: 2);
        // What is slow each time is slow; what is slow twice may have had a busy neighbour.
        for (var again = 0; again < 3 && sixteen >= allowed; again++)
            sixteen = Best(large, convert, runs: 1);
        Assert.True(sixteen < allowed, $"1 MiB took {once}, 16 MiB {sixteen}");
    }

    // Pauses of the collector are of what the whole process keeps.
    private static TimeSpan Best(byte[] document, Action<byte[]> convert, int runs) =>
        Enumerable.Range(0, runs).Min(_ =>
        {
            var pauses = GC.GetTotalPauseDuration();
            var clock = Stopwatch.StartNew();
            convert(document);
            return clock.Elapsed - (GC.GetTotalPauseDuration() - pauses);
        });

    /// <summary>Keeps nothing, so that the growth of a buffer is not measured.</summary>
    private sealed class Sink : IBufferWriter<byte>
    {
        private byte[] room = new byte[1 << 16];

        public void Advance(int count) => ArgumentOutOfRangeException.ThrowIfGreaterThan(count, room.Length);

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (sizeHint > room.Length) room = new byte[sizeHint];
            return room;
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
