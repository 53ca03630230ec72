using System.Text;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Calls;

/// <summary>What is refused, with which status, and what the caller is told.</summary>
public sealed class RefusalTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>, IAsyncLifetime
{
    private const string Whole =
        """{"whole":7,"real":0.5,"flag":true,"text":"a","colour":"red","when":"2030-01-02T03:04:05Z","numbers":[1,2],"inner":{"email":"a","age":3}}""";

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Whatever a test sent, the process is unharmed by it.</summary>
    public async Task DisposeAsync()
    {
        Assert.Equal("ready", (await silo.Http.FetchAsync("/health/ready")).Is(200).Json.GetProperty("status").GetString());
        Assert.Equal("\"cba\"", (await silo.Http.CallAsync("reverse", "abc", "text/plain")).Is(200).Text);
        Assert.DoesNotContain("failed by a defect", silo.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_function_is_404_with_the_names_that_were_meant()
    {
        var problem = (await silo.Http.CallAsync("revers", "{}")).IsProblem(404, "unknown-function");
        Assert.Equal("reverse", problem.GetProperty("choices")[0].GetString());
        Assert.Contains("Did you mean 'reverse'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.False((await silo.Http.CallAsync("nothing-like-it-at-all", "{}")).IsProblem(404, "unknown-function").TryGetProperty("choices", out _));
    }

    [Theory]
    [InlineData("/v1/functions/%00/call")]
    [InlineData("/v1/functions/..%2f..%2fetc%2fpasswd/call")]
    [InlineData("/v1/functions/%F0%9F%92%A9/call")]
    [InlineData("/v1/functions/%ED%A0%80/call")]
    public async Task A_name_that_no_function_can_have_is_a_plain_404(string path)
    {
        var answer = await RawConnection.AskAsync(silo.Process.Address, $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        Assert.Contains(answer.Status, new[] { 400, 404 });
    }

    [Fact]
    public async Task A_very_long_name_is_not_repeated_in_full()
    {
        var answer = await silo.Http.CallAsync(new string('x', 4000), "{}");
        answer.IsProblem(404, "unknown-function");
        Assert.True(answer.Body.Length < 1000);
    }

    [Theory]
    [InlineData("GET", "/v1/functions/shapes/call", "POST")]
    [InlineData("DELETE", "/v1/functions", "GET")]
    [InlineData("POST", "/health/live", "GET")]
    [InlineData("POST", "/squares/4", "GET")]
    public async Task Another_method_is_405_and_Allow_says_which_is_served(string method, string path, string allowed)
    {
        var answer = await silo.Http.AskAsync(method, path, method == "POST" ? [] : null);
        var problem = answer.IsProblem(405, "method-not-allowed");
        Assert.Equal(allowed, answer.Header("Allow"));
        Assert.Equal(allowed, problem.GetProperty("choices")[0].GetString());
    }

    [Fact]
    public async Task An_unknown_route_is_a_404_document()
    {
        (await silo.Http.FetchAsync("/v1/nothing")).IsProblem(404, "not-found");
        (await silo.Http.FetchAsync("/v1/nothing", ("Accept", "application/xml"))).IsXmlProblem(404, "not-found");
    }

    [Theory]
    [InlineData("shapes", "text/csv")]
    [InlineData("shapes", "text/plain")]
    [InlineData("shapes", null)]
    [InlineData("shapes", "nonsense")]
    [InlineData("reverse", "application/octet-stream")]
    public async Task Another_media_type_is_415_and_says_what_is_taken(string function, string? contentType)
    {
        var problem = (await silo.Http.CallAsync(function, "{}", contentType)).IsProblem(415, "unsupported-media-type");
        Assert.Contains("application/json", problem.GetProperty("choices").EnumerateArray().Select(c => c.GetString()));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("identity")]
    [InlineData("br, gzip")]
    public async Task A_compressed_body_is_refused(string encoding)
    {
        var request = RawConnection.Call("shapes", Whole, $"Content-Encoding: {encoding}\r\n");
        (await RawConnection.AskAsync(silo.Process.Address, request)).IsProblem(415, "unsupported-encoding");
    }

    [Theory]
    [InlineData("""{"name":"a","nmae":1}""", "$.nmae", "not known")]
    [InlineData("""{}""", "$", "missing: name")]
    [InlineData("""{"name":null}""", "$", "must not be null")]
    [InlineData("""{"name":1}""", "$.name", "wrong type")]
    [InlineData("""{"name":{"a":1}}""", "$.name", "wrong type")]
    [InlineData("""{"name":"a","name":"b"}""", "$.name", "given twice")]
    [InlineData("""{"name":"a","NAME":"b"}""", "$", "given twice")]
    [InlineData("""[]""", "$", "wrong type")]
    [InlineData("null", "$", "must not be null")]
    [InlineData("\"a\"", "$", "wrong type")]
    public async Task Input_of_another_shape_is_422_and_names_the_field(string body, string field, string says)
    {
        var problem = (await silo.Http.CallAsync("narrow", body)).IsProblem(422, "invalid-input");
        Assert.Contains(says, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.StartsWith(field, problem.GetProperty("field").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Hearth.", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"whole\":7", "\"whole\":7.5", "$.whole")]
    [InlineData("\"whole\":7", "\"whole\":\"7\"", "$.whole")]
    [InlineData("\"whole\":7", "\"whole\":99999999999", "$.whole")]
    [InlineData("\"whole\":7", "\"whole\":null", "$.whole")]
    [InlineData("\"real\":0.5", "\"real\":\"NaN\"", "$.real")]
    [InlineData("\"flag\":true", "\"flag\":1", "$.flag")]
    [InlineData("\"colour\":\"red\"", "\"colour\":\"mauve\"", "$.colour")]
    [InlineData("2030-01-02T03:04:05Z", "yesterday", "$.when")]
    [InlineData("[1,2]", "[1,\"x\"]", "$.numbers[1]")]
    [InlineData("[1,2]", "{}", "$.numbers")]
    [InlineData("\"age\":3", "\"age\":true", "$.inner.age")]
    [InlineData("\"age\":3", "\"age\":3,\"ages\":4", "$.inner.ages")]
    public async Task A_member_of_the_wrong_type_is_named_by_its_path(string good, string bad, string field)
    {
        var problem = (await silo.Http.CallAsync("shapes", Whole.Replace(good, bad, StringComparison.Ordinal))).IsProblem(422, "invalid-input");
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("<value><name>a</name><nmae>1</nmae></value>", "$.nmae")]
    [InlineData("<value><name><x>1</x></name></value>", "$.name")]
    [InlineData("<value/>", "$")]
    public async Task Xml_of_another_shape_is_422_and_names_the_field(string body, string field)
    {
        var problem = (await silo.Http.CallAsync("narrow", body, "application/xml")).IsProblem(422, "invalid-input");
        Assert.StartsWith(field, problem.GetProperty("field").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{\"name\":}")]
    [InlineData("{\"name\":\"a\"} {}")]
    [InlineData("{\"name\":\"a\"}x")]
    [InlineData("{\"name\":\"a\",}")]
    [InlineData("{'name':'a'}")]
    [InlineData("{\"name\":NaN}")]
    [InlineData("{\"name\":Infinity}")]
    [InlineData("{\"name\":\"\n\"}")]
    [InlineData("{/* */\"name\":\"a\"}")]
    [InlineData("{\"name\":01}")]
    [InlineData("\"\\x\"")]
    [InlineData("<value/>")]
    public async Task Broken_json_is_400(string body) => (await silo.Http.CallAsync("narrow", body)).IsProblem(400, "malformed");

    [Theory]
    [InlineData("")]
    [InlineData("{\"name\":\"a\"}")]
    [InlineData("<value><name>a</name>")]
    [InlineData("<value><name>a</value></name>")]
    [InlineData("<value><name>a</name></value><value/>")]
    [InlineData("<value><name>a</name></value>x")]
    [InlineData("<value><name>&nbsp;</name></value>")]
    [InlineData("<!DOCTYPE value><value><name>a</name></value>")]
    [InlineData("<!DOCTYPE value [<!ENTITY a \"b\">]><value><name>&a;</name></value>")]
    [InlineData("<!DOCTYPE value [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><value><name>&a;</name></value>")]
    [InlineData("<value><name>&#x0;</name></value>")]
    public async Task Broken_or_dangerous_xml_is_400(string body)
    {
        var answer = await silo.Http.CallAsync("shapes", body, "application/xml");
        answer.IsProblem(400, "malformed");
        Assert.DoesNotContain("root:", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"name\":\"a\"", "line 1, byte")]
    [InlineData("{\"name\":\n}", "line 2, byte")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "deeper than 64 levels")]
    public async Task Broken_json_is_told_with_its_place(string body, string says) => Assert.Contains(
        says, (await silo.Http.CallAsync("narrow", body)).IsProblem(400, "malformed").GetProperty("detail").GetString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    [InlineData("[", "")]
    public async Task A_hundred_thousand_levels_of_json_are_400(string open, string close)
    {
        var body = string.Concat(Enumerable.Repeat(open, 100_000)) + string.Concat(Enumerable.Repeat(close, 100_000));
        (await silo.Http.CallAsync("shapes", body)).IsProblem(400, "malformed");
        (await silo.Http.CallAsync("reverse", body)).IsProblem(400, "malformed");
    }

    [Fact]
    public async Task A_hundred_thousand_levels_of_xml_are_400()
    {
        var body = string.Concat(Enumerable.Repeat("<a>", 100_000)) + string.Concat(Enumerable.Repeat("</a>", 100_000));
        (await silo.Http.CallAsync("wide", body, "application/xml")).IsProblem(400, "malformed");
    }

    [Theory]
    [InlineData("narrow", "application/json", new byte[] { (byte)'{', (byte)'"', (byte)'n', (byte)'a', (byte)'m', (byte)'e', (byte)'"', (byte)':', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}' })]
    [InlineData("narrow", "application/json", new byte[] { 0xFF, 0xFE, (byte)'{', 0, (byte)'}', 0 })]
    [InlineData("reverse", "text/plain", new byte[] { (byte)'a', 0xED, 0xA0, 0x80 })]
    [InlineData("narrow", "application/xml", new byte[] { (byte)'<', (byte)'a', (byte)'>', 0xC3, 0x28, (byte)'<', (byte)'/', (byte)'a', (byte)'>' })]
    public async Task Invalid_utf8_is_400(string function, string contentType, byte[] body) =>
        (await silo.Http.AskAsync("POST", $"/v1/functions/{function}/call", body, contentType)).IsProblem(400, "malformed");

    [Theory]
    [InlineData("narrow", "{\"name\":\"\\ud800\"}")]
    [InlineData("narrow", "{\"\\udc00\":1}")]
    [InlineData("reverse", "\"\\udfff\\ud800\"")]
    public async Task A_lone_surrogate_is_refused(string function, string body)
    {
        var answer = await silo.Http.CallAsync(function, body);
        Assert.Contains(answer.Status, new[] { 400, 422 });
        answer.IsProblem(answer.Status, answer.Status == 400 ? "malformed" : "invalid-input");
    }

    [Theory]
    [InlineData("narrow", 101, "application/json")]
    [InlineData("narrow-stream", 60_001, "text/plain")]
    [InlineData("narrow-stream", 3_000_000, "text/plain")]
    public async Task Too_much_input_is_413_whether_its_length_is_told_or_not(string function, int bytes, string contentType)
    {
        var body = Encoding.ASCII.GetBytes(new string('1', bytes));
        (await silo.Http.AskAsync("POST", $"/v1/functions/{function}/call", body, contentType)).IsProblem(413, "too-large");
        (await silo.Http.CallChunkedAsync(function, body[..Math.Min(bytes, 60_001)], contentType)).IsProblem(413, "too-large");
    }

    [Fact]
    public async Task Input_of_exactly_the_bound_is_taken()
    {
        var body = """{"name":"aaaaaaaaa"}""".PadRight(100);
        (await silo.Http.CallAsync("narrow", body)).Is(200);
        Assert.Equal(60_000, (await silo.Http.CallChunkedAsync("narrow-stream", new byte[60_000], "text/plain")).Is(200).Body.Length);
    }

    [Fact]
    public async Task A_length_that_is_only_announced_is_refused_before_the_body()
    {
        var answer = await RawConnection.AskAsync(
            silo.Process.Address, "POST /v1/functions/narrow/call HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n{");
        answer.IsProblem(413, "too-large");
    }

    [Theory]
    [InlineData("?flavour=bitter", "flavour", "must be plain, spicy")]
    [InlineData("?flavor=plain", "flavor", "it takes flavour")]
    [InlineData("?flavour=plain&flavour=spicy", "flavour", "given twice")]
    [InlineData("?flavour=plain&flavour=plain", "flavour", "given twice")]
    [InlineData("?Flavour=plain", "Flavour", "it takes flavour")]
    [InlineData("?flavour", "flavour", "must be plain, spicy")]
    public async Task A_parameter_that_is_not_taken_is_422(string query, string field, string says)
    {
        var problem = (await silo.Http.AskAsync("POST", "/v1/functions/fresh/call" + query, "{\"name\":\"a\"}"u8.ToArray(), "application/json"))
            .IsProblem(422, "invalid-input");
        Assert.Equal(field, problem.GetProperty("field").GetString());
        Assert.Contains(says, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(256, 500)]
    [InlineData(257, 422)]
    public async Task A_parameter_has_at_most_256_characters(int length, int status)
    {
        // Up to there it is the function's: it fails, having written as many bytes as it was told.
        var problem = (await silo.Http.AskAsync("POST", "/v1/functions/half/call?bytes=" + "10".PadLeft(length, '0'), [])).Is(status).Json;
        Assert.Equal(status == 422, problem.TryGetProperty("field", out _));
    }

    [Fact]
    public async Task A_function_without_parameters_takes_none() =>
        (await silo.Http.AskAsync("POST", "/v1/functions/narrow/call?a=1", "{\"name\":\"a\"}"u8.ToArray(), "application/json")).IsProblem(422, "invalid-input");

    [Theory]
    [InlineData("POST", "/v1/functions/nope/call", "application/json", "{}", 404)]
    [InlineData("GET", "/v1/functions/narrow/call", null, null, 405)]
    [InlineData("POST", "/v1/functions/narrow/call", "text/csv", "{}", 415)]
    [InlineData("POST", "/v1/functions/narrow/call", "application/json", "{", 400)]
    [InlineData("POST", "/v1/functions/narrow/call", "application/json", "{}", 422)]
    [InlineData("POST", "/v1/functions/surprise/call", "application/json", "{\"name\":\"a\"}", 500)]
    [InlineData("POST", "/v1/functions/stuck/call", "application/json", "{\"name\":\"documents\"}", 504)]
    [InlineData("GET", "/v1/jobs/1", null, null, 404)]
    public async Task Every_error_is_a_problem_document_in_json_and_in_xml(string method, string path, string? contentType, string? body, int status)
    {
        var asked = 0;
        foreach (var accept in new[] { "application/json", "application/problem+json", "application/xml", "application/problem+xml", "text/xml;q=0.9, application/json;q=0.1" })
        {
            var gate = $"documents{status}-{asked++}";
            var sent = body?.Replace("documents", gate, StringComparison.Ordinal);
            var answer = await silo.Http.AskAsync(method, path, sent is null ? null : Encoding.UTF8.GetBytes(sent), contentType, ("Accept", accept));
            await silo.OpenGateAsync(gate);
            var slug = answer.Status == 406 ? "not-acceptable" : null;
            Assert.True(slug is not null || answer.Status == status, $"{answer.Status} for {accept}: {answer.Text}");
            Assert.Equal(accept.Contains("xml", StringComparison.Ordinal) ? "application/problem+xml" : "application/problem+json", answer.ContentType);
        }
    }

    [Fact]
    public async Task A_406_for_those_who_take_problems_only_is_still_a_problem() =>
        (await silo.Http.CallAsync("narrow", "{\"name\":\"a\"}", headers: ("Accept", "application/pdf"))).IsProblem(406, "not-acceptable");
}
