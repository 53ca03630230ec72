using Hearth.Tests.Support;

namespace Hearth.Tests.Cli;

/// <summary><c>hearth call</c> and <c>hearth submit</c>, against a real silo.</summary>
public sealed class CallTests(ServedSilo silo) : IClassFixture<ServedSilo>, IDisposable
{
    private readonly HearthProgram hearth = new(silo.Process.Address);

    [Fact]
    public async Task A_call_prints_the_output_and_nothing_else()
    {
        Assert.Equal(("""{"count":4,"largest":7}""", ""), Both(await hearth.RunAsync("call", "primes", """{"upTo": 10}""")));
        // Text for a function that takes text, whatever it looks like.
        Assert.Equal(2, (await hearth.RunAsync("call", "wordcount", "[1, 2")).Is(0).Json.GetProperty("words").GetInt32());
    }

    [Fact]
    public async Task An_input_comes_from_a_file_or_standard_input_and_an_output_goes_to_a_file()
    {
        hearth.Write("text", "a b c");
        Assert.Equal(3, (await hearth.RunAsync("call", "wordcount", "--file", "text")).Is(0).Json.GetProperty("words").GetInt32());
        (await hearth.RunAsync("a b c", ["call", "compress", "-", "-p", "format=gzip", "-o", "packed"])).Is(0);
        Assert.Equal(0x1f, File.ReadAllBytes(Path.Combine(hearth.Home, "packed"))[0]);
        Assert.Equal("a b c", (await hearth.RunAsync("call", "decompress", "-f", "packed", "-p", "format=gzip")).Is(0).Out);
        (await hearth.RunAsync("<value><upTo>10</upTo></value>", ["call", "primes", "-", "--content-type", "application/xml"])).Is(0);
    }

    [Theory]
    [InlineData(2, "INPUT is not JSON", "call", "primes", "{")]
    [InlineData(2, "such as '{\"upTo\":1000000}'", "call", "primes")]
    [InlineData(2, "given twice", "call", "primes", "{}", "--file", "x")]
    [InlineData(2, "cannot be read", "call", "primes", "--file", "missing")]
    [InlineData(2, "write it as NAME=VALUE", "call", "hash", "x", "-p", "sha256")]
    [InlineData(2, "not a duration", "submit", "echo", "1", "--delay", "soon")]
    [InlineData(2, "no media type", "call", "echo", "1", "--content-type", "text")]
    [InlineData(2, "--watch follows one job", "submit", "echo", "-", "--many", "--watch")]
    [InlineData(2, "from --file FILE, or -", "submit", "echo", "1", "--many")]
    [InlineData(2, "Required argument missing", "call")]
    [InlineData(2, "Did you mean", "cal", "primes")]
    [InlineData(2, "'--bogus'", "functions", "--bogus")]
    [InlineData(4, "Did you mean 'primes'?", "call", "prime", "1")]
    [InlineData(4, "$.up is not known", "call", "primes", "{\"up\": 1}")]
    [InlineData(4, "no parameter 'size'", "call", "hash", "x", "-p", "size=1")]
    [InlineData(1, "hearth: no luck", "call", "fail", "{\"message\": \"no luck\"}")]
    [InlineData(4, "priority must be", "submit", "echo", "1", "--priority", "9")]
    public async Task A_mistake_is_told_with_its_remedy_and_a_code_of_its_own(int code, string told, params string[] arguments)
    {
        var ran = (await hearth.RunAsync(arguments)).Is(code);
        Assert.Contains(told, ran.Error, StringComparison.Ordinal);
        Assert.Empty(ran.Out.Trim());
    }

    [Fact]
    public async Task With_json_a_mistake_is_a_problem_document()
    {
        var ran = (await hearth.RunAsync("call", "prime", "1", "--json")).Is(4);
        var problem = System.Text.Json.JsonDocument.Parse(ran.Error).RootElement;
        Assert.Equal("urn:hearth:problem:unknown-function", problem.GetProperty("type").GetString());
        Assert.Equal("primes", problem.GetProperty("choices")[0].GetString());
    }

    [Fact]
    public async Task A_job_is_submitted_and_its_id_printed()
    {
        var id = (await hearth.RunAsync(
            "submit", "primes", """{"upTo": 10}""", "-q", "cli", "--tag", "one", "-t", "two", "--priority", "1", "--key", "k1", "--timeout", "5s", "--attempts", "3")).Is(0).Out.Trim();
        Assert.Equal(32, id.Length);
        var again = (await hearth.RunAsync(
            "submit", "primes", """{"upTo": 10}""", "-q", "cli", "--tag", "one", "-t", "two", "--priority", "1", "--key", "k1", "--timeout", "5s", "--attempts", "3", "--json")).Is(0).Json;
        Assert.Equal((id, "repeat"), (again.GetProperty("id").GetString(), again.GetProperty("outcome").GetString()));
        Assert.Equal("""{"count":4,"largest":7}""", (await hearth.RunAsync("jobs", "result", id)).Is(0).Out);
        var job = (await hearth.RunAsync("jobs", "show", id, "--json")).Is(0).Json;
        Assert.Equal(("cli", "succeeded", 1, "two"), (
            job.GetProperty("queue").GetString(), job.GetProperty("state").GetString(), job.GetProperty("priority").GetInt32(), job.GetProperty("tags")[1].GetString()));
    }

    [Fact]
    public async Task A_watched_job_prints_its_way_on_standard_error_and_its_result_on_standard_output()
    {
        var ran = (await hearth.RunAsync("submit", "primes", """{"upTo": 10}""", "--watch")).Is(0);
        Assert.Equal("""{"count":4,"largest":7}""", ran.Out);
        Assert.Matches("accepted +primes in queue default\n", ran.Error);
        Assert.Matches("end +succeeded\n", ran.Error);
        var failed = (await hearth.RunAsync("submit", "fail", "{\"message\": \"no\\u001b[31mluck\"}", "--watch")).Is(1);
        Assert.Contains("failed: no\uFFFD[31mluck", failed.Error, StringComparison.Ordinal);
        Assert.Equal("failed", (await hearth.RunAsync("submit", "fail", """{"message": "no"}""", "--watch", "--json")).Is(1).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Many_jobs_are_submitted_from_lines()
    {
        var lines = string.Concat(Enumerable.Range(2, 2_500).Select(i => $$"""{"upTo": {{i}}}""" + "\n")) + "\n";
        Assert.Equal("2500 accepted.\n", (await hearth.RunAsync(lines, ["submit", "primes", "-", "--many", "-q", "many", "--delay", "1h", "--key", "import 1"])).Is(0).Out);
        // Run again after a doubt, it is the same jobs.
        var again = (await hearth.RunAsync(lines, ["submit", "primes", "-", "--many", "-q", "many", "--delay", "1h", "--key", "import 1", "--json"])).Is(0).Out.Trim().Split('\n');
        Assert.Equal(2_500, again.Length);
        Assert.All(again, line => Assert.Contains("\"repeat\"", line, StringComparison.Ordinal));
        var open = (await hearth.RunAsync("queues", "--json")).Is(0).Json.EnumerateArray().Single(q => q.GetProperty("name").GetString() == "many");
        Assert.Equal(2_500, open.GetProperty("open").GetInt32());
    }

    [Fact]
    public async Task A_mistake_in_many_names_its_line_and_what_was_taken()
    {
        var lines = string.Concat(Enumerable.Range(2, 1_000).Select(i => $$"""{"upTo": {{i}}}""" + "\n")) + "\n{\"upTo\": 1, \"x\": 2}\n";
        var ran = (await hearth.RunAsync(lines, ["submit", "primes", "-", "--many", "-q", "mistaken", "--delay", "1h"])).Is(4);
        Assert.Contains("Line 1002: ", ran.Error, StringComparison.Ordinal);
        Assert.Contains("1000 accepted.", ran.Error, StringComparison.Ordinal);
        Assert.Contains("line 2 is not JSON", (await hearth.RunAsync("1\n{\n", ["submit", "echo", "-", "--many"])).Is(2).Error, StringComparison.Ordinal);
    }

    public void Dispose() => hearth.Dispose();

    private static (string, string) Both(Ran ran) => (ran.Is(0).Out, ran.Error);
}
