using System.Text;
using System.Text.Json;
using Hearth.Api.Jobs.Submitting;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Submissions that cannot be run are refused before anything is stored; the problem names the member and the remedy.</summary>
public sealed class SubmitRefusalTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    private const string Queue = "refusals";

    [Theory]
    [InlineData("""{}""", "function")]
    [InlineData("""{"input":"abc"}""", "function")]
    [InlineData("""{"function":null}""", "function")]
    [InlineData("""{"function":1}""", "function")]
    [InlineData("""{"function":"nope"}""", "function")]
    [InlineData("""{"function":"REVERSE"}""", "function")]
    [InlineData("""{"function":"reverse","inptu":"abc"}""", "inptu")]
    [InlineData("""{"function":"reverse","function":"reverse"}""", "function")]
    [InlineData("""{"function":"reverse","input":"a","inputText":"a"}""", "inputText")]
    [InlineData("""{"function":"reverse","input":"a","input":"b"}""", "input")]
    [InlineData("""{"function":"reverse","input":1}""", "input")]
    [InlineData("""{"function":"reverse","inputText":1}""", "inputText")]
    [InlineData("""{"function":"reverse-bytes","inputBase64":"a"}""", "inputBase64")]
    [InlineData("""{"function":"reverse-bytes","inputBase64":"AA==","contentType":"nonsense"}""", "contentType")]
    [InlineData("""{"function":"reverse","input":"a","contentType":"text/plain"}""", "contentType")]
    [InlineData("""{"function":"reverse","inputText":"a","contentType":"text/csv"}""", "contentType")]
    [InlineData("""{"function":"picture","input":{}}""", "input")]
    [InlineData("""{"function":"picture","inputText":"a"}""", "inputText")]
    [InlineData("""{"function":"ping","input":{}}""", "input")]
    [InlineData("""{"function":"narrow"}""", "input")]
    [InlineData("""{"function":"narrow","input":null}""", "input")]
    [InlineData("""{"function":"narrow","input":{}}""", "input")]
    [InlineData("""{"function":"narrow","input":{"name":"a","more":1}}""", "input.more")]
    [InlineData("""{"function":"narrow","input":{"name":"a","name":"b"}}""", "input.name")]
    [InlineData("""{"function":"shapes","input":{"whole":"1","real":1,"flag":true,"text":"","colour":"red","when":"2030-01-01T00:00:00Z","numbers":[],"inner":{"email":"","age":1}}}""", "input.whole")]
    [InlineData("""{"function":"shapes","input":{"whole":1,"real":1,"flag":true,"text":"","colour":"red","when":"2030-01-01T00:00:00Z","numbers":[],"inner":{"email":"","age":"x"}}}""", "input.inner.age")]
    [InlineData("""{"function":"narrow","inputText":"{","contentType":"application/json"}""", "inputText")]
    [InlineData("""{"function":"reverse","input":"a","delay":30}""", "delay")]
    [InlineData("""{"function":"reverse","input":"a","delay":"soon"}""", "delay")]
    [InlineData("""{"function":"reverse","input":"a","delay":"-1s"}""", "delay")]
    [InlineData("""{"function":"reverse","input":"a","delay":"999999999d"}""", "delay")]
    [InlineData("""{"function":"reverse","input":"a","delay":"3651d"}""", "delay")]
    [InlineData("""{"function":"reverse","input":"a","delay":"1s","dueAt":"2030-01-01T00:00:00Z"}""", "dueAt")]
    [InlineData("""{"function":"reverse","input":"a","dueAt":"2030-01-01"}""", "dueAt")]
    [InlineData("""{"function":"reverse","input":"a","dueAt":"2030-01-01T00:00:00"}""", "dueAt")]
    [InlineData("""{"function":"reverse","input":"a","dueAt":"2030-13-01T00:00:00Z"}""", "dueAt")]
    [InlineData("""{"function":"reverse","input":"a","dueAt":1893456000}""", "dueAt")]
    [InlineData("""{"function":"reverse","input":"a","priority":9}""", "priority")]
    [InlineData("""{"function":"reverse","input":"a","priority":0}""", "priority")]
    [InlineData("""{"function":"reverse","input":"a","priority":-250}""", "priority")]
    [InlineData("""{"function":"reverse","input":"a","priority":99999999999}""", "priority")]
    [InlineData("""{"function":"reverse","input":"a","priority":1.5}""", "priority")]
    [InlineData("""{"function":"reverse","input":"a","priority":"2"}""", "priority")]
    [InlineData("""{"function":"reverse","input":"a","expireAfter":"0s"}""", "expireAfter")]
    [InlineData("""{"function":"reverse","input":"a","expireAfter":"5s","delay":"5s"}""", "expireAfter")]
    [InlineData("""{"function":"reverse","input":"a","expireAfter":"5s","expiresAt":"2030-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("""{"function":"reverse","input":"a","dueAt":"2030-01-01T00:00:00Z","expiresAt":"2029-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("""{"function":"reverse","input":"a","timeout":"0s"}""", "timeout")]
    [InlineData("""{"function":"reverse","input":"a","timeout":"25h"}""", "timeout")]
    [InlineData("""{"function":"reverse","input":"a","retry":3}""", "retry")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"attempts":0}}""", "retry.attempts")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"attempts":1001}}""", "retry.attempts")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"initial":"0s"}}""", "retry.initial")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"initial":"31d"}}""", "retry.initial")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"factor":0.5}}""", "retry.factor")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"factor":1e400}}""", "retry.factor")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"factor":"2"}}""", "retry.factor")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"initial":"5s","cap":"4s"}}""", "retry.cap")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"cap":"500ms"}}""", "retry.cap")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"jitter":1.1}}""", "retry.jitter")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"nonRetryable":[""]}}""", "retry.nonRetryable[0]")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"nonRetryable":"X"}}""", "retry.nonRetryable")]
    [InlineData("""{"function":"reverse","input":"a","retry":{"times":3}}""", "retry.times")]
    [InlineData("""{"function":"reverse","input":"a","tags":"a"}""", "tags")]
    [InlineData("""{"function":"reverse","input":"a","tags":["a",1]}""", "tags[1]")]
    [InlineData("""{"function":"reverse","input":"a","tags":["a",""]}""", "tags[1]")]
    [InlineData("""{"function":"reverse","input":"a","tags":[" a"]}""", "tags[0]")]
    [InlineData("""{"function":"reverse","input":"a","tags":["a\u0000"]}""", "tags[0]")]
    [InlineData("""{"function":"reverse","input":"a","tags":["\ud800"]}""", "tags[0]")]
    [InlineData("""{"function":"reverse","input":"a","tags":["a","b","a"]}""", "tags[2]")]
    [InlineData("""{"function":"reverse","input":"a","tags":["1","2","3","4","5","6","7","8","9","10","11"]}""", "tags")]
    [InlineData("""{"function":"reverse","input":"a","unique":true}""", "unique")]
    [InlineData("""{"function":"reverse","input":"a","unique":{"key":""}}""", "unique.key")]
    [InlineData("""{"function":"reverse","input":"a","unique":{"within":"8d"}}""", "unique.within")]
    [InlineData("""{"function":"reverse","input":"a","unique":{"while":[]}}""", "unique.while")]
    [InlineData("""{"function":"reverse","input":"a","unique":{"while":["done"]}}""", "unique.while[0]")]
    [InlineData("""{"function":"reverse","input":"a","unique":{"while":["ready","ready"]}}""", "unique.while")]
    [InlineData("""{"function":"reverse","input":"a","parameters":{"a":"b"}}""", "parameters.a")]
    [InlineData("""{"function":"reverse","input":"a","parameters":["a"]}""", "parameters")]
    [InlineData("""{"function":"fresh","input":{"name":"a"},"parameters":{"flavour":"sour"}}""", "parameters.flavour")]
    [InlineData("""{"function":"fresh","input":{"name":"a"},"parameters":{"flavour":1}}""", "parameters.flavour")]
    [InlineData("""{"function":"fresh","input":{"name":"a"},"parameters":{"flavour":"plain","flavour":"spicy"}}""", "parameters.flavour")]
    [InlineData("1", "$")]
    [InlineData("null", "$")]
    [InlineData("\"reverse\"", "$")]
    [InlineData("[]", "$")]
    public async Task What_is_wrong_is_named_with_its_place_and_a_remedy(string job, string field)
    {
        var problem = (await silo.Http.PostJobsAsync(Queue, job)).IsProblem(422, "invalid-input");
        Assert.Equal(field, problem.GetProperty("field").GetString());
        Assert.True(problem.GetProperty("detail").GetString()!.Length > 15, problem.ToString());
        if (field == "$")
            return;
        // The same in an array, behind a good one; and in a stream, where the good line is taken.
        const string Good = """{"function":"reverse","input":"good"}""";
        Assert.Equal("[1]." + field, (await silo.Http.PostJobsAsync(Queue, $"[{Good},{job}]")).IsProblem(422, "invalid-input").GetProperty("field").GetString());
        var lines = (await silo.Http.PostJobsAsync(Queue, $"{Good}\n{job}", SubmitEndpoint.Ndjson)).Is(200).Text.Split('\n');
        Assert.Equal("accepted", JsonDocument.Parse(lines[0]).RootElement.GetProperty("outcome").GetString());
        Assert.Equal(field, JsonDocument.Parse(lines[1]).RootElement.GetProperty("problem").GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("[1]", "[0]")]
    [InlineData("""[{"function":"reverse","input":"a"},[]]""", "[1]")]
    [InlineData("""[{"function":"reverse","input":"a"},null]""", "[1]")]
    public async Task What_is_no_job_is_named_by_its_place(string jobs, string field) =>
        Assert.Equal(field, (await silo.Http.PostJobsAsync(Queue, jobs)).IsProblem(422, "invalid-input").GetProperty("field").GetString());

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"function":"reverse","input":"a"}x""")]
    [InlineData("""{"function":"reverse","input":"a"}{}""")]
    [InlineData("""{"function":"reverse","input":"a",}""")]
    [InlineData("""{'function':'reverse'}""")]
    [InlineData("""[{"function":"reverse","input":"a"}""")]
    [InlineData("""// a comment""")]
    [InlineData("\ufeff{}")]
    public async Task What_is_not_json_is_malformed(string body) => (await silo.Http.PostJobsAsync(Queue, body)).IsProblem(400, "malformed");

    [Fact]
    public async Task Bytes_that_are_not_utf_8_are_refused_wherever_they_are()
    {
        foreach (var template in new[] { """{"function":"reverse","input":"?"}""", """{"function":"reverse","inputText":"?"}""", """{"function":"sink","input":"?"}""", """{"function":"reverse","input":"a","tags":["?"]}""", """{"?":1}""" })
        {
            var body = Encoding.UTF8.GetBytes(template);
            body[Array.IndexOf(body, (byte)'?')] = 0xff;
            var answer = await silo.Http.AskAsync("POST", $"/v1/queues/{Queue}/jobs", body, "application/json");
            Assert.True(answer.Status is 400 or 422, $"{template}: {answer.Status} {answer.Text}");
        }
    }

    [Fact]
    public async Task An_input_may_be_64_levels_deep_and_no_deeper()
    {
        foreach (var (depth, status) in new[] { (64, 202), (65, 400), (100_000, 400) })
        {
            var job = $$"""{"function":"sink","input":{{new string('[', depth)}}{{new string(']', depth)}}}""";
            (await silo.Http.PostJobsAsync(Queue, $"[{job}]")).Is(status);
        }
    }

    [Fact]
    public async Task More_jobs_than_10_000_are_too_many()
    {
        const string Job = """{"function":"reverse","input":"a","delay":"1h"}""";
        (await silo.Http.PostJobsAsync("many", $"[{string.Join(',', Enumerable.Repeat(Job, 10_001))}]")).IsProblem(413, "too-large");
        (await silo.Http.FetchAsync("/v1/queues/many")).IsProblem(404, "unknown-queue");
        var taken = (await silo.Http.PostJobsAsync("many", $"[{string.Join(',', Enumerable.Repeat(Job, 10_000))}]")).Is(202).Json.GetProperty("jobs");
        Assert.Equal(10_000, taken.EnumerateArray().Select(j => j.GetProperty("id").GetString()).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(10_000, (await silo.Http.FetchAsync("/v1/queues/many")).Is(200).Json.GetProperty("scheduled").GetInt32());
    }

    [Fact]
    public async Task A_request_and_an_input_have_their_bounds()
    {
        var large = new string('a', 16 << 20);
        (await silo.Http.PostJobsAsync(Queue, $$"""{"function":"reverse","inputText":"{{large}}a"}""")).IsProblem(413, "too-large");
        (await silo.Http.PostJobsAsync(Queue, $$"""{"function":"reverse","inputText":"{{large}}","delay":"1h"}""")).Is(202);
        Assert.Equal("[0].input", (await silo.Http.PostJobsAsync(Queue, $$$"""[{"function":"narrow","input":{"name":"{{{new string('a', 100)}}}"}}]""")).IsProblem(413, "too-large").GetProperty("field").GetString());
        (await silo.Http.PostJobsAsync(Queue, new string(' ', (64 << 20) + 1))).IsProblem(413, "too-large");
        (await silo.Http.PostJobsAsync(Queue, $$"""{"function":"{{large}}"}""")).IsProblem(422, "invalid-input");
        (await silo.Http.PostJobsAsync(Queue, $$"""{"{{large}}":1}""")).IsProblem(422, "invalid-input");
    }

    [Theory]
    [InlineData("Mails")]
    [InlineData("-mails")]
    [InlineData("m%20ails")]
    [InlineData("m%C3%A4ils")]
    [InlineData("%F0%9F%94%A5")]
    [InlineData("a%2Fb")]
    [InlineData("a%00b")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task A_name_that_no_queue_can_have_is_refused(string queue)
    {
        const string Job = """{"function":"reverse","input":"a"}""";
        var answer = await RawConnection.AskAsync(silo.Process.Address, $"POST /v1/queues/{queue}/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Job.Length}\r\n\r\n{Job}");
        Assert.True(answer.Status is 422 or 400, answer.Text);
        if (answer.Status == 422)
            Assert.Equal("queue", answer.IsProblem(422, "invalid-input").GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("mails.of-2030_x")]
    public async Task A_queue_is_made_by_its_first_job(string queue)
    {
        (await silo.Http.FetchAsync("/v1/queues/" + queue)).IsProblem(404, "unknown-queue");
        await silo.Http.PostJobAsync(queue, """{"function":"reverse","input":"a"}""");
        (await silo.Http.FetchAsync("/v1/queues/" + queue)).Is(200);
    }

    [Theory]
    [InlineData("text/csv", 415, "unsupported-media-type")]
    [InlineData("", 415, "unsupported-media-type")]
    [InlineData("application/json; charset=latin1", 415, "unsupported-media-type")]
    [InlineData("application/xml", 400, "malformed")]
    public async Task A_notation_that_is_not_taken_or_not_kept_is_refused(string contentType, int status, string slug) =>
        (await silo.Http.AskAsync("POST", $"/v1/queues/{Queue}/jobs", "{}"u8.ToArray(), contentType.Length == 0 ? null : contentType)).IsProblem(status, slug);

    [Fact]
    public async Task Nothing_of_a_refused_request_is_stored()
    {
        (await silo.Http.PostJobsAsync("untouched", """[{"function":"reverse","input":"a"},{"function":"reverse","input":1}]""")).IsProblem(422, "invalid-input");
        (await silo.Http.FetchAsync("/v1/queues/untouched")).IsProblem(404, "unknown-queue");
    }

    [Theory]
    [InlineData("<value/>", 422)]
    [InlineData("<value><function>reverse</function><input>a</input><priority>9</priority></value>", 422)]
    [InlineData("<value><item><function>reverse</function><input>a</input><prio>1</prio></item></value>", 422)]
    [InlineData("<value><item>", 400)]
    [InlineData("<!DOCTYPE x><value><function>reverse</function></value>", 400)]
    public async Task The_same_holds_for_xml(string xml, int status) =>
        (await silo.Http.PostJobsAsync(Queue, xml, "application/xml", ("Accept", "application/xml"))).IsXmlProblem(status, status == 400 ? "malformed" : "invalid-input");
}
