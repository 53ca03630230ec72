using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>With a key, a submission that is repeated is one job.</summary>
public sealed class IdempotencyTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    private const string Json = "application/json";

    [Fact]
    public async Task The_same_key_and_body_are_the_same_job_and_it_runs_once()
    {
        using var folder = new TempFolder();
        var entry = System.Text.Json.JsonSerializer.Serialize(new { file = folder["ledger"], seconds = 0 });
        var paths = new List<string>();
        for (var i = 0; i < 3; i++)
            paths.Add((await SubmitAsync("same", "ledger", entry)).Is(202).Header("Location")!);
        Assert.Single(paths.Distinct(StringComparer.Ordinal));
        await silo.Http.EndAsync(paths[0]);
        Assert.Equal(paths[0], (await SubmitAsync("same", "ledger", entry)).Is(202).Header("Location"));
        Assert.Single(await File.ReadAllLinesAsync(folder["ledger"]));
    }

    [Fact]
    public async Task The_same_key_at_the_same_time_is_one_job()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => SubmitAsync("at once", "reverse", "\"abc\"")));
        Assert.Single(answers.Where(a => a.Status == 202).Select(a => a.Header("Location")).Distinct(StringComparer.Ordinal));
        Assert.All(answers.Where(a => a.Status != 202), a => Assert.NotNull(a.IsProblem(409, "key-in-progress").GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task A_repeat_that_waits_is_answered_by_the_result_of_the_first()
    {
        (await SubmitAsync("waited", "fresh", """{"name":"a"}""")).Is(202);
        var first = (await SubmitAsync("waited", "fresh", """{"name":"a"}""", prefer: "wait=20")).Is(200);
        Assert.Equal(first.Text, (await SubmitAsync("waited", "fresh", """{"name":"a"}""", prefer: "wait=20")).Is(200).Text);
    }

    [Fact]
    public async Task Another_key_or_none_is_another_job()
    {
        string?[] keys = ["one", "two", null, null];
        var paths = new List<string>();
        foreach (var key in keys)
            paths.Add((await SubmitAsync(key, "reverse", "\"abc\"")).Is(202).Header("Location")!);
        Assert.Equal(keys.Length, paths.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("narrow", "narrow", "{\"name\":\"b\"}", Json, "")]
    [InlineData("narrow", "refuse", "{\"name\":\"a\"}", Json, "")]
    [InlineData("fresh", "fresh", "{\"name\":\"a\"}", Json, "?flavour=spicy")]
    [InlineData("reverse-bytes", "reverse-bytes", "{\"name\":\"a\"}", "text/plain", "")]
    public async Task The_same_key_with_another_request_is_refused(string function, string other, string body, string contentType, string query)
    {
        var key = $"other {other}{body}{query}";
        var first = (await SubmitAsync(key, function, "{\"name\":\"a\"}")).Is(202).Header("Location");
        (await SubmitAsync(key, other, body, contentType, query)).IsProblem(422, "key-reused");
        Assert.Equal(first, (await SubmitAsync(key, function, "{\"name\":\"a\"}")).Is(202).Header("Location"));
    }

    [Fact]
    public async Task A_refused_submission_leaves_its_key_free()
    {
        (await SubmitAsync("free", "narrow", "{}")).IsProblem(422, "invalid-input");
        (await SubmitAsync("free", "narrow", "{\"name\":\"a\"}")).Is(202);
    }

    [Theory]
    [InlineData("")]
    [InlineData("caf\u00e9")]
    [InlineData("x256")]
    public async Task A_key_that_cannot_be_used_is_400(string key)
    {
        var request = RawConnection.Call("reverse", "\"abc\"", $"Prefer: respond-async\r\nIdempotency-Key: {(key == "x256" ? new string('x', 256) : key)}\r\n");
        (await RawConnection.AskAsync(silo.Process.Address, request)).IsProblem(400, "invalid-key");
    }

    [Fact]
    public async Task Two_keys_in_one_request_are_400() =>
        (await RawConnection.AskAsync(silo.Process.Address, RawConnection.Call("reverse", "\"abc\"", "Prefer: respond-async\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\n")))
            .IsProblem(400, "invalid-key");

    [Fact]
    public async Task A_key_is_known_after_kill_9()
    {
        using var folder = new TempFolder();
        string?[] paths = [null, null];
        for (var life = 0; life < 2; life++)
        {
            await using var process = await SiloProcess.StartAsync(folder["data"]);
            using var http = process.CreateClient();
            var answer = await http.CallAsync("wordcount", "a b", "text/plain", ("Prefer", "respond-async"), ("Idempotency-Key", "kept"));
            paths[life] = answer.Is(202).Header("Location");
            await process.KillAsync();
        }

        Assert.Equal(paths[0], paths[1]);
    }

    private Task<Answer> SubmitAsync(string? key, string function, string body, string contentType = Json, string query = "", string prefer = "respond-async")
    {
        (string, string)[] headers = key is null ? [("Prefer", prefer)] : [("Prefer", prefer), ("Idempotency-Key", key)];
        return silo.Http.AskAsync("POST", $"/v1/functions/{function}/call{query}", System.Text.Encoding.UTF8.GetBytes(body), contentType, headers);
    }
}
