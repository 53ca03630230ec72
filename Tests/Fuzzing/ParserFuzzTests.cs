using System.Buffers;
using System.Text;
using Hearth.Api.Calls;
using Hearth.Api.Jobs.Bulk;
using Hearth.Api.Jobs.Events;
using Hearth.Api.Jobs.Lists;
using Hearth.Api.Jobs.Submitting;
using Hearth.Api.Jobs.Workers;
using Hearth.Api.Objects;
using Hearth.Api.Schedules;
using Hearth.Api.Xml;
using Hearth.Executables;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Jobs.Errors;
using Hearth.Schedules;
using Hearth.Tests.Faults;
using Hearth.Tests.Functions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Xunit.Abstractions;

namespace Hearth.Tests.Fuzzing;

/// <summary>Everything of the silo's that reads bytes from outside; frames between silos have a test of their own.</summary>
public sealed class ParserFuzzTests(ITestOutputHelper output)
{
    private const int Short = 2_000;
    private const int Long = 100_000;
    private const int ShortSeed = 20_261_121;

    private static readonly IReadOnlyList<byte[]> JsonTokens = Mutator.Bytes(
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\"a\":", "null", "true", "false", "1", "-", "1e400", "0.5", "-0", "9223372036854775808",
        "//", "/*", "\n", "\0", "\uFEFF", "\u00e9", "\U0001F600", "{\"a\":", "[[");

    private static readonly IReadOnlyList<byte[]> XmlTokens = Mutator.Bytes(
        "<", ">", "/>", "</", "<value>", "</value>", "<item>", "</item>", "<a>", " type='array'", " type='object'", " nil='true'", "&amp;", "&#x0;", "&#1114112;",
        "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "<?xml version='1.0'?>", "\0", "\uFEFF", "\uFFFF", "<_x0000_>", " a='1'");

    private static readonly IReadOnlyList<byte[]> TextTokens = Mutator.Bytes(
        "P", "T", "S", "ms", "d", "h", ".", "-", "+", ":", "Z", "0", "1", "99999999999999999999", "e9", " ", "%", "%2F", "=", "&", "\0", "\u00e9", "\u0661", "_", "/", "..");

    private static readonly DateTimeOffset Now = new(2026, 10, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly FunctionRegistry Functions = new([TestHost.Function((Sample sample) => sample, name: "sample")]);

    internal static readonly ParserFuzz[] All =
    [
        new("input as JSON",
            Mutator.Bytes("""{"text":"a","number":1.5,"when":"2030-01-31T12:00:00Z","for":"PT1S","many":[1,2],"map":{"a":1},"next":{"text":"b"},"kind":"one","id":"6f9619ff-8b86-d011-b42d-00cf4fc964ff","bytes":"AAEC"}""", "{}", "[]"),
            JsonTokens, static bytes => Function.CheckInput(new ReadOnlySequence<byte>(bytes), "application/json", lenient: false), None),
        new("input as XML",
            Mutator.Bytes("<value type='object'><text>a</text><number type='number'>1.5</number><many><item>1</item><item>2</item></many><next><text>b</text></next></value>", "<a/>"),
            XmlTokens, ReadXml, static e => e is XmlRejectedException),
        new("jobs",
            Mutator.Bytes("""{"function":"sample","input":{"text":"a"},"delay":"5m","retry":{"attempts":3,"initial":"1s","factor":2,"cap":"1h","jitter":0.5},"tags":["a"],"priority":1,"unique":{"by":["function"]}}""",
                """[{"function":"sample","input":{}},{"function":"sample","inputBase64":"e30=","contentType":"application/json"}]"""),
            JsonTokens, static bytes => JobReader.Read(new ReadOnlySequence<byte>(bytes), new JobBuilder(Functions), lenient: false), static e => e is JobRejectedException),
        new("job of a stream", Mutator.Bytes("""{"function":"sample","input":{"text":"a"},"dueAt":"2030-01-31T12:00:00Z"}"""), JsonTokens,
            static bytes => JobReader.ReadOne(new ReadOnlySequence<byte>(bytes), new JobBuilder(Functions)), static e => e is JobRejectedException),
        new("lease, heartbeat and end of a worker outside",
            Mutator.Bytes("""{"worker":"w","functions":["f"],"max":5,"lease":"30s","wait":"1s"}""",
                """{"jobs":[{"id":"01a2008d230670008000000000100001","attempt":1}],"lease":"30s"}""",
                """[{"id":"01a2008d230670008000000000100001","attempt":1,"outcome":"failed","error":"e","errorType":"t","retry":false},{"id":"01a2008d230670008000000000100001","attempt":1,"output":{"a":1}}]"""),
            JsonTokens, ReadWorker, static e => e is JobRejectedException),
        new("action on many jobs",
            Mutator.Bytes("""{"action":"cancel","filter":{"queue":"a","function":"b","state":"ready","tag":"c","from":"2030-01-31T12:00:00Z","to":"2031-01-31T12:00:00Z","error":"e"},"dryRun":true,"all":false}"""),
            JsonTokens, ReadAction, static e => e is JobRejectedException),
        new("schedule",
            Mutator.Bytes("""{"cron":"*/5 1-3,H L,15W * 5#2","timeZone":"Europe/Berlin","start":"2030-01-31T12:00:00Z","jitter":"5m","calendar":{"holidays":["2030-12-25"],"windows":[{"from":"22:00","to":"05:00","days":["monday"]}],"outside":"shift","timeZone":"UTC"},"overlap":"bufferOne","catchUp":"all","catchUpWindow":"1h","queue":"q","paused":true,"reason":"r","job":{"function":"sample","input":{"text":"{{tick}}"},"tags":["a"]}}""",
                """{"every":"90s","anchor":"2030-01-31T12:00:00Z","job":{"function":"sample","input":{}}}""", """{"calendar":{"holidays":["\ud800"]},"every":"1s","job":{"function":"sample","input":{}}}""",
                """{"calendar":{"windows":[{"from":"00:00","to":"01:00","days":["\ud800"]}]},"every":"1s","job":{"function":"sample","input":{}}}"""),
            JsonTokens, ReadSchedule, static e => e is JobRejectedException),
        Text("cron", ReadCron, "*/5 1-3,H L,15W,L-3 JAN-DEC/2 5#2,FRIL", "30 0-59/7 H(1-3)/2 LW ? SUN", "@daily", "0 0 29 2 MON#5", "* * * * * *"),
        Text("job id", text => JobId.TryParse(text, out _), "01a2008d230670008000000000100001"),
        Text("duration", text => DurationText.Parse(text), "5m", "1.5h", "PT1H30M", "P1DT12H", "500ms"),
        Text("time", text => TimeText.Parse(text), "2030-01-31T12:00:00Z", "2030-01-31T13:00:00.123+01:00"),
        Text("cursor of a list", text => ListCursor.Read(text, "filter"), ListCursor.Of(JobId.Create(1, 2, 3, 4), "filter")),
        Text("cursor of objects", text => ObjectCursor.Read(text, "cart", "p"), ObjectCursor.Of("key", "cart", "p")),
        Text("position in events", text => EventPosition.Parse(text), "1.2", "3.4.end"),
        Text("position in a queue's events", text => QueuePosition.Parse(text), "1-5,2-638000000000000000"),
        Text("text of an error", ErrorText.Normalise, "No file 'a/b' at 0xDEADBEEF, job 01a2008d230670008000000000100001: \"x\" took 1,234.5 ms"),
        Text("filter of a list", text => JobQuery.Read(new QueryCollection(QueryHelpers.ParseQuery(text))),
            "queue=a&function=b&state=failed&tag=c&from=2030-01-31T12:00:00Z&to=2031-01-31T12:00:00Z&error=e&limit=10", "cursor=AAAA"),
        Text("preference", ReadPreference, "respond-async, wait=10", "wait=\"5\"; handling=strict"),
        new("manifest",
            Mutator.Bytes("""{"version":"1","description":"d","command":["./a","b"],"input":["text/plain"],"output":"application/json","timeout":"30s","concurrency":2,"retry":{"attempts":3},"environment":{"A":"b"},"limits":{"memory":"64MiB","cpu":"10s"},"example":"a","external":false,"pool":"gpu"}"""),
            JsonTokens, static bytes => ManifestReader.Parse("manifest.json", bytes), None),
    ];

    public static TheoryData<string> Names => [.. All.Select(fuzz => fuzz.Name)];

    private static ServedFunction Function => Functions.Find("sample")!;

    [Theory]
    [MemberData(nameof(Names))]
    public void Broken_input_is_refused_as_documented(string name) => Find(name).Run(Short, ShortSeed);

    /// <summary>1.7 million inputs in all.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public void A_hundred_thousand_broken_inputs_are_refused_as_documented(string name)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        Find(name).Run(Long, seed);
    }

    [Fact]
    public void What_a_parser_throws_beyond_its_refusals_is_found()
    {
        var fuzz = new ParserFuzz("one that fails", Mutator.Bytes("a"), TextTokens, static bytes => _ = bytes[3], None);
        Assert.Throws<InvalidOperationException>(() => fuzz.Run(100, 1));
    }

    private static ParserFuzz Find(string name) => All.Single(fuzz => fuzz.Name == name);

    private static ParserFuzz Text(string name, Func<string, object?> parse, params string[] corpus) =>
        new(name, Mutator.Bytes(corpus), TextTokens, bytes => parse(Encoding.UTF8.GetString(bytes)), None);

    private static bool None(Exception e) => false;

    private static void ReadXml(byte[] bytes)
    {
        var json = new ArrayBufferWriter<byte>();
        XmlToJson.Convert(new ReadOnlySequence<byte>(bytes), json);
        Function.CheckInput(new ReadOnlySequence<byte>(json.WrittenMemory), "application/json", lenient: true);
    }

    private static void ReadWorker(byte[] bytes)
    {
        var http = new DefaultHttpContext();
        (http.Request.ContentType, http.Request.Body) = ("application/json", new MemoryStream(bytes));
        using var document = WorkerBody.ReadAsync(http).GetAwaiter().GetResult().Document;
        foreach (var lenient in new[] { false, true })
        {
            Refused(() => WorkerRequests.Lease(document.RootElement, lenient));
            Refused(() => WorkerRequests.Heartbeat(document.RootElement, lenient));
            WorkerRequests.Complete(document.RootElement, lenient);
        }
    }

    private static void ReadAction(byte[] bytes)
    {
        var http = new DefaultHttpContext();
        (http.Request.ContentType, http.Request.Body) = ("application/json", new MemoryStream(bytes));
        using var document = WorkerBody.ReadAsync(http).GetAwaiter().GetResult().Document;
        Refused(() => BulkRequest.Read(document.RootElement, isXml: true));
        BulkRequest.Read(document.RootElement, isXml: false);
    }

    private static void ReadSchedule(byte[] bytes)
    {
        var http = new DefaultHttpContext();
        (http.Request.ContentType, http.Request.Body) = ("application/json", new MemoryStream(bytes));
        using var document = WorkerBody.ReadAsync(http).GetAwaiter().GetResult().Document;
        foreach (var lenient in new[] { false, true })
        {
            Refused(() => ScheduleReader.ReadPreview("n", document.RootElement, lenient));
            Refused(() => ScheduleReader.ReadBackfill(document.RootElement, lenient, Now));
            Look(new ScheduleReader(new JobBuilder(Functions)).Read("n", document.RootElement, lenient, Now).Definition.Timing);
        }
    }

    private static object? ReadCron(string text)
    {
        Look(new ScheduleTiming(text, "America/Havana"));
        return null;
    }

    private static void Look(ScheduleTiming timing)
    {
        if (Timetable.Create("n", timing).Table is not { } table)
            return;
        var tick = (DateTimeOffset?)Now;
        for (var i = 0; i < 3 && tick is { } after; i++)
            tick = table.Next(after);
        table.LastBefore(Now, Now.AddDays(30));
    }

    private static void Refused(Func<object?> read)
    {
        try
        {
            read();
        }
        catch (JobRejectedException)
        {
            // One of the three reads it, at most.
        }
    }

    private static object? ReadPreference(string text)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers["Prefer"] = text;
        return Prefer.Read(http.Request);
    }

    internal sealed record Sample
    {
        public string? Text { get; init; }

        public double? Number { get; init; }

        public DateTimeOffset? When { get; init; }

        public TimeSpan? For { get; init; }

        public IReadOnlyList<int>? Many { get; init; }

        public IReadOnlyDictionary<string, int>? Map { get; init; }

        public Sample? Next { get; init; }

        public DayOfWeek? Kind { get; init; }

        public Guid? Id { get; init; }

        public byte[]? Bytes { get; init; }
    }
}
