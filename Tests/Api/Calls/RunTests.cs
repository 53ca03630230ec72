using System.Diagnostics;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Calls;

/// <summary>Calls that hold on, run over, fail, or lose their caller.</summary>
public sealed class RunTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    [Fact]
    public async Task A_call_over_the_concurrency_is_429_until_a_run_ends()
    {
        using var leaving = new CancellationTokenSource();
        using var other = silo.Process.CreateClient();
        var held = Enumerable.Range(0, 3).Select(_ => other.PostAsync("/v1/functions/hold/call", JsonBody("bound"), leaving.Token)).ToList();
        await silo.Http.ReachesAsync("started.bound", 3);

        var refused = await silo.Http.CallAsync("hold", """{"name":"bound"}""");
        refused.IsProblem(429, "busy");
        Assert.Equal("1", refused.Header("Retry-After"));
        Assert.Equal(3, (await silo.Http.FetchAsync("/v1/functions/hold")).Json.GetProperty("inUse").GetInt32());
        // Other functions have slots of their own.
        (await silo.Http.CallAsync("reverse", "abc", "text/plain")).Is(200);

        await leaving.CancelAsync();
        foreach (var call in held)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await silo.Http.ReachesAsync("ended.bound", 3);
        await FreeAsync("hold");
        using var again = new RequestOf(silo, "hold", "bound");
        await silo.Http.ReachesAsync("started.bound", 4);
        Assert.Equal(3, (await silo.Http.CallAsync("count", """{"name":"ended.bound"}""")).Json.GetInt32());
    }

    [Fact]
    public async Task A_function_that_never_returns_is_answered_504_and_keeps_its_slot_until_it_does()
    {
        var watch = Stopwatch.StartNew();
        foreach (var answer in await Task.WhenAll(silo.Http.CallAsync("stuck", """{"name":"never"}"""), silo.Http.CallAsync("stuck", """{"name":"never"}""")))
        {
            var problem = answer.IsProblem(504, "timeout");
            Assert.Contains("0.4 s", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(10));
        Assert.Equal(2, (await silo.Http.FetchAsync("/v1/functions/stuck")).Json.GetProperty("inUse").GetInt32());
        (await silo.Http.CallAsync("stuck", """{"name":"never"}""")).IsProblem(429, "busy");

        await silo.OpenGateAsync("never");
        await FreeAsync("stuck");
        (await silo.Http.CallAsync("stuck", """{"name":"never"}""")).Is(204);
    }

    [Fact]
    public async Task A_caller_that_goes_away_cancels_its_run()
    {
        using (var connection = await RawConnection.OpenAsync(silo.Process.Address))
        {
            await connection.SendAsync(RawConnection.Call("hold", """{"name":"gone"}"""));
            await silo.Http.ReachesAsync("started.gone", 1);
        }

        await silo.Http.ReachesAsync("ended.gone", 1);
    }

    [Fact]
    public async Task A_surprise_tells_its_type_and_keeps_its_message()
    {
        var answer = await silo.Http.CallAsync("surprise", """{"name":"canary-4711"}""");
        var problem = answer.IsProblem(500, "function-failed");
        Assert.Contains("InvalidOperationException", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", answer.Text, StringComparison.Ordinal);
        await silo.Process.PrintsAsync("canary-4711");
    }

    [Fact]
    public async Task A_function_exception_tells_its_message()
    {
        var problem = (await silo.Http.CallAsync("refuse", """{"name":"not on <Sundays>"}""")).IsProblem(500, "function-failed");
        Assert.Equal("not on <Sundays>", problem.GetProperty("detail").GetString());
        Assert.Equal("not on <Sundays>", (await silo.Http.CallAsync("refuse", """{"name":"not on <Sundays>"}""", headers: ("Accept", "text/xml"))).IsXmlProblem(500, "function-failed")["detail"]!.InnerText);
    }

    [Fact]
    public async Task A_result_that_json_cannot_spell_is_the_functions_failure_not_Hearths() =>
        (await silo.Http.CallAsync("not-a-number", """{"name":"a"}""")).IsProblem(500, "function-failed");

    [Theory]
    [InlineData("long-text", """{"bytes":998}""", 200)]
    [InlineData("long-text", """{"bytes":999}""", 500)]
    [InlineData("long-text-of-stream", "anything", 500)]
    public async Task Output_over_its_bound_is_a_problem(string function, string body, int status)
    {
        var answer = (await silo.Http.CallAsync(function, body)).Is(status);
        if (status == 500)
            answer.IsProblem(500, "output-too-large");
    }

    [Fact]
    public async Task Streamed_output_over_its_bound_never_looks_whole()
    {
        Assert.Equal(200_000, (await silo.Http.AskAsync("POST", "/v1/functions/long-stream/call", new byte[200_000])).Is(200).Body.Length);
        await NeverWholeAsync("long-stream", new byte[1_000_000], "output-too-large");
    }

    [Fact]
    public async Task A_stream_that_fails_early_is_a_problem_and_one_that_fails_late_is_cut()
    {
        var early = (await silo.Http.AskAsync("POST", "/v1/functions/half/call?bytes=10000", [])).IsProblem(500, "function-failed");
        Assert.Equal("only half of it", early.GetProperty("detail").GetString());
        await NeverWholeAsync("half/call?bytes=500000", [], "function-failed");
    }

    [Fact]
    public async Task A_timeout_is_answered_while_the_caller_still_owes_the_rest_of_its_body()
    {
        using var connection = await RawConnection.OpenAsync(silo.Process.Address);
        var watch = Stopwatch.StartNew();
        await connection.SendAsync("POST /v1/functions/swallow/call HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf");
        (await connection.ReadAsync()).IsProblem(504, "timeout");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        await FreeAsync("swallow");
    }

    [Fact]
    public async Task An_answer_does_not_wait_for_input_that_the_function_does_not_read()
    {
        using var connection = await RawConnection.OpenAsync(silo.Process.Address);
        var watch = Stopwatch.StartNew();
        await connection.SendAsync("POST /v1/functions/lazy/call HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf");
        Assert.Equal("\"done\"", (await connection.ReadAsync()).Is(200).Text);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_function_that_floods_a_caller_who_has_gone_ends_and_frees_its_slot()
    {
        using (var connection = await RawConnection.OpenAsync(silo.Process.Address))
        {
            await connection.SendAsync("POST /v1/functions/flood/call HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
            await silo.Http.ReachesAsync("flooding", 1);
        }

        await FreeAsync("flood");
    }

    [Fact]
    public async Task A_slow_sender_of_xml_holds_no_slot()
    {
        using var connection = await RawConnection.OpenAsync(silo.Process.Address);
        await connection.SendAsync("POST /v1/functions/json-stream/call HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/xml\r\nContent-Length: 29\r\n\r\n<value>");
        (await silo.Http.FetchAsync("/health/live")).Is(200);
        Assert.Equal("1", (await silo.Http.CallAsync("json-stream", "1")).Is(200).Text);
        await connection.SendAsync("<name>a</name></value>");
        Assert.Equal("""{"name":"a"}""", (await connection.ReadAsync()).Is(200).Text);
    }

    [Fact]
    public async Task Output_that_can_neither_be_sent_nor_kept_ends_the_run_and_frees_its_slot()
    {
        using var folder = new TempFolder();
        var nowhere = new Dictionary<string, string>(StringComparer.Ordinal) { ["ASPNETCORE_TEMP"] = folder["nowhere"] };
        await using var process = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"], nowhere);
        using var http = process.CreateClient();
        using var connection = await RawConnection.OpenAsync(process.Address);
        await connection.SendAsync("POST /v1/functions/flood/call HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf");
        await http.ReachesAsync("flooding", 1);
        await FreeAsync(http, "flood");
    }

    [Fact]
    public async Task A_cacheable_answer_is_served_again_with_its_age()
    {
        const string Path = "/v1/functions/fresh/call";
        async Task<Answer> Ask(string body, string query = "", string contentType = "application/json", string accept = "application/json") =>
            (await silo.Http.AskAsync("POST", Path + query, System.Text.Encoding.UTF8.GetBytes(body), contentType, ("Accept", accept))).Is(200);
        var first = await Ask("""{"name":"a"}""");
        Assert.Null(first.Header("Age"));
        var second = await Ask("""{"name":"a"}""");
        Assert.Equal(first.Text, second.Text);
        Assert.InRange(int.Parse(second.Header("Age")!), 0, 60);
        Assert.Equal(first.Text, (await Ask("""{"name":"a"}""", "?flavour=plain")).Text);
        Assert.Equal(first.Json.GetString(), (await Ask("""{"name":"a"}""", accept: "application/xml")).Xml.InnerText);
        Assert.NotEqual(first.Text, (await Ask("""{"name":"a"}""", "?flavour=spicy")).Text);
        Assert.NotEqual(first.Text, (await Ask("""{"name":"b"}""")).Text);
        Assert.Null((await Ask("""{"name":"c"}""")).Header("Age"));
    }

    [Fact]
    public async Task A_failure_is_not_kept_by_the_cache()
    {
        (await silo.Http.CallAsync("fresh", """{"nam":"x"}""")).IsProblem(422, "invalid-input");
        Assert.Null((await silo.Http.CallAsync("fresh", """{"name":"x"}""")).Is(200).Header("Age"));
    }

    [Fact]
    public async Task A_route_of_a_functions_own_takes_path_query_and_body()
    {
        Assert.Equal("16", (await silo.Http.FetchAsync("/squares/4")).Is(200).Text);
        Assert.Equal("16", (await silo.Http.FetchAsync("/squares/4", ("Accept", "text/xml"))).Is(200).Xml.InnerText);
        (await silo.Http.FetchAsync("/squares/four")).IsProblem(404, "not-found");
        (await silo.Http.FetchAsync("/squares/4?value=5")).IsProblem(422, "invalid-input");
        (await silo.Http.FetchAsync("/squares/4?other=5")).IsProblem(422, "invalid-input");
        Assert.Equal("""{"left":4,"right":"x"}""", (await silo.Http.AskAsync("PUT", "/pairs/4", """{"right":"x"}"""u8.ToArray(), "application/json")).Is(200).Text);
        Assert.Equal("""{"left":4,"right":"x"}""", (await silo.Http.AskAsync("PUT", "/pairs/4?right=x", "{}"u8.ToArray(), "application/json")).Is(200).Text);
        Assert.Equal("""{"left":4,"right":"x"}""", (await silo.Http.AskAsync("PUT", "/pairs/4", "<value><right>x</right></value>"u8.ToArray(), "application/xml")).Is(200).Text);
        (await silo.Http.AskAsync("PUT", "/pairs/4", """{"left":5,"right":"x"}"""u8.ToArray(), "application/json")).IsProblem(422, "invalid-input");
        (await silo.Http.AskAsync("PUT", "/pairs/four", """{"right":"x"}"""u8.ToArray(), "application/json")).IsProblem(422, "invalid-input");
        (await silo.Http.AskAsync("PUT", "/pairs/4", "[]"u8.ToArray(), "application/json")).IsProblem(400, "malformed");
        (await silo.Http.AskAsync("PUT", "/pairs/4", "{"u8.ToArray(), "application/json")).IsProblem(400, "malformed");
        (await silo.Http.AskAsync("PUT", "/pairs/4", """{"right":"\ud800"}"""u8.ToArray(), "application/json")).Is(400);
        (await silo.Http.AskAsync("PUT", "/pairs/4", [(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}'], "application/json")).Is(400);
    }

    [Theory]
    [InlineData("spin")]
    [InlineData("spin-later")]
    public async Task Long_computations_do_not_starve_health(string function)
    {
        using var client = silo.Process.CreateClient();
        var computing = Enumerable.Range(0, 32).Select(_ => client.CallAsync(function, """{"milliseconds":8000}""")).ToList();
        // The pool is lent its threads one after the other, on a machine whose cores are all busy.
        await Task.Delay(TimeSpan.FromMilliseconds(2000), TimeProvider.System);
        var slowest = TimeSpan.Zero;
        // All asked while the computations last, also where each takes as long as it may.
        for (var i = 0; i < 5; i++)
        {
            var watch = Stopwatch.StartNew();
            (await silo.Http.FetchAsync("/health/live")).Is(200);
            slowest = watch.Elapsed > slowest ? watch.Elapsed : slowest;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        Assert.Contains(computing, c => !c.IsCompleted);
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        foreach (var answer in await Task.WhenAll(computing))
            answer.Is(200);
    }

    private static StringContent JsonBody(string name) => new($$"""{"name":"{{name}}"}""", System.Text.Encoding.UTF8, "application/json");

    private Task FreeAsync(string function) => FreeAsync(silo.Http, function);

    private static async Task FreeAsync(HttpClient http, string function)
    {
        for (var i = 0; i < 400; i++)
        {
            if ((await http.FetchAsync("/v1/functions/" + function)).Json.GetProperty("inUse").GetInt32() == 0)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.Fail($"A slot of {function} is still in use.");
    }

    /// <summary>A problem if nothing was sent yet, else a connection that is cut: never a 200 that ends well.</summary>
    private async Task NeverWholeAsync(string function, byte[] body, string slug)
    {
        Answer answer;
        try
        {
            answer = await silo.Http.AskAsync("POST", "/v1/functions/" + (function.Contains('/', StringComparison.Ordinal) ? function : function + "/call"), body);
        }
        catch (HttpRequestException)
        {
            return;
        }

        answer.IsProblem(500, slug);
    }

    /// <summary>A call under way whose caller leaves with the test.</summary>
    private sealed class RequestOf : IDisposable
    {
        private readonly HttpClient client;

        public RequestOf(MisbehavingSilo silo, string function, string name)
        {
            client = silo.Process.CreateClient();
            _ = client.PostAsync($"/v1/functions/{function}/call", JsonBody(name)).ContinueWith(
                t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        public void Dispose() => client.Dispose();
    }
}
