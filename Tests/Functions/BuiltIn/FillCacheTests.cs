using Hearth.Functions;
using Hearth.Tests.Cluster;
using Hearth.Tests.Storage.PostgreSql;
using Hearth.Tests.Support;

namespace Hearth.Tests.Functions.BuiltIn;

/// <summary>The function fill-cache: what it computes ahead is what calls are answered with, on every silo.</summary>
public sealed class FillCacheTests
{
    [Fact]
    public async Task Calls_are_answered_from_what_was_computed_ahead_and_it_is_computed_anew_each_time()
    {
        var runs = 0;
        await using var silo = await StartAsync(() => Interlocked.Increment(ref runs));
        var filled = (await silo.Http.CallAsync("fill-cache", """{"function":"report","inputs":[{"day":1},{"day":2}]}""")).Is(200).Json;
        Assert.Equal((2, 1), (filled.GetProperty("filled").GetInt32(), filled.GetProperty("silos").GetInt32()));
        var answer = (await silo.Http.CallAsync("report", """{ "day" : 2 }""")).Is(200);
        Assert.Equal(("2 of run 2", 2), (answer.Json.GetString(), runs));
        Assert.True(answer.Headers.ContainsKey("Age"));
        Assert.Equal("3 of run 3", (await silo.Http.CallAsync("report", """{"day":3}""")).Is(200).Json.GetString());
        (await silo.Http.CallAsync("fill-cache", """{"function":"report","inputs":[{"day":2}]}""")).Is(200);
        Assert.Equal("2 of run 4", (await silo.Http.CallAsync("report", """{"day":2}""")).Is(200).Json.GetString());
    }

    [Theory]
    [InlineData("""{"name":"Zoë & O'Neil","at":"05:00+01:00"}""", """{ "name": "Zo\u00eb \u0026 O\u0027Neil", "at": "05:00\u002B01:00" }""", true)]
    [InlineData("""{"name":"a"}""", """{"name":"b"}""", false)]
    [InlineData("""{"name":"a","at":"b"}""", """{"name":"ab"}""", false)]
    public async Task Inputs_that_are_written_otherwise_have_the_same_answer(string filled, string asked, bool isSame)
    {
        await using var silo = await StartedApplication.StartAsync(builder =>
        {
            builder.AddBuiltInFunctions();
            builder.AddFunction("greet", (GreetInput input) => input.Name + input.At, o => o.CacheFor = TimeSpan.FromHours(1));
        });
        (await silo.Http.CallAsync("fill-cache", $$"""{"function":"greet","inputs":[{{filled}}]}""")).Is(200);
        Assert.Equal(isSame, (await silo.Http.CallAsync("greet", asked)).Is(200).Headers.ContainsKey("Age"));
    }

    [Fact]
    public async Task A_mistake_is_not_tried_again()
    {
        await using var silo = await StartAsync(() => 0);
        var job = await silo.Http.SubmitAsync("fill-cache", """{"function":"echo","inputs":[1]}""");
        var end = (await silo.Http.FetchAsync(job + "?wait=30s")).Is(200).Json;
        Assert.Equal(("failed", 1), (end.GetProperty("state").GetString(), end.GetProperty("attempt").GetInt32()));
    }

    [Fact]
    public async Task A_schedule_fills_it()
    {
        var runs = 0;
        await using var silo = await StartAsync(() => Interlocked.Increment(ref runs));
        (await silo.Http.AskAsync(
            "PUT", "/v1/schedules/before-the-peak", """{"cron":"0 5 * * *","job":{"function":"fill-cache","input":{"function":"report","inputs":[{"day":7}]}}}"""u8.ToArray(), "application/json")).Is(201);
        var job = (await silo.Http.AskAsync("POST", "/v1/schedules/before-the-peak/trigger")).Is(202).Json.GetProperty("job").GetString()!;
        Assert.Equal("succeeded", (await silo.Http.FetchAsync(job + "?wait=30s")).Is(200).Json.GetProperty("state").GetString());
        Assert.Equal("7 of run 1", (await silo.Http.CallAsync("report", """{"day":7}""")).Is(200).Json.GetString());
        Assert.Equal(1, runs);
    }

    [PostgresFact]
    public async Task Every_silo_has_it()
    {
        using var folder = new TempFolder();
        await using var world = await PostgresWorld.NewAsync();
        await using var a = await SiloProcess.StartAsync(folder["a"], "--name", "a", "--database", world.ConnectionString);
        await using var b = await SiloProcess.StartAsync(folder["b"], "--name", "b", "--database", world.ConnectionString);
        using var http = a.CreateClient();
        using var other = b.CreateClient();
        await SiloGroup.SeesAsync(http, "a", "b");
        await SiloGroup.SeesAsync(other, "a", "b");
        var filled = (await http.CallAsync("fill-cache", """{"function":"primes","inputs":[{"upTo":1000}]}""")).Is(200).Json;
        Assert.Equal(2, filled.GetProperty("silos").GetInt32());
        Assert.True((await http.CallAsync("primes", """{"upTo":1000}""")).Is(200).Headers.ContainsKey("Age"));
        Assert.True((await other.CallAsync("primes", """{"upTo":1000}""")).Is(200).Headers.ContainsKey("Age"));
    }

    [Theory]
    [InlineData("""{"function":"report","inputs":[]}""", "inputs: 1 to 1000")]
    [InlineData("""{"function":"reprot","inputs":[1]}""", "did you mean report?")]
    [InlineData("""{"function":"echo","inputs":[1]}""", "not cacheable")]
    [InlineData("""{"function":"report","inputs":[{"day":1},{"dya":1}]}""", "inputs[1]: ")]
    public async Task What_cannot_be_filled_is_told(string input, string told)
    {
        await using var silo = await StartAsync(() => 0);
        Assert.Contains(told, (await silo.Http.CallAsync("fill-cache", input)).Is(500).Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static Task<StartedApplication> StartAsync(Func<int> count) => StartedApplication.StartAsync(builder =>
    {
        builder.AddBuiltInFunctions();
        builder.AddFunction("report", (ReportInput input) => $"{input.Day} of run {count()}", o => o.CacheFor = TimeSpan.FromHours(1));
    });

    private sealed record ReportInput(int Day);

    private sealed record GreetInput(string Name, string? At = null);
}
