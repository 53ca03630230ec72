using System.Text.Json;
using Hearth.Storage;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Objects;

/// <summary>What objects promise, whatever store keeps them.</summary>
public abstract class ObjectContract
{
    /// <summary>Arguments of a silo on a store of its own.</summary>
    protected abstract string[] Store();

    [Fact]
    public async Task A_hundred_increments_at_once_give_a_hundred()
    {
        await using var app = await ObjectWorld.StartAsync(ObjectWorld.Usual, null, Store());
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => app.Http.CallAsync("counter", "c", "add", "{}")));
        Assert.Equal(Enumerable.Range(1, 100), answers.Select(a => a.Is(200).Json.GetInt32()).Order());
        Assert.Equal("""{"value":100}""", (await app.Http.StateAsync("counter", "c")).Is(200).Text);
    }

    [Fact]
    public async Task An_operation_that_fails_leaves_the_state_as_it_was()
    {
        await using var app = await ObjectWorld.StartAsync(ObjectWorld.Usual, null, Store());
        (await app.Http.CallAsync("cart", "ada", "put-then-fail", """{"name":"tea","price":3}""")).IsProblem(500, "operation-failed");
        (await app.Http.StateAsync("cart", "ada")).IsProblem(404, "no-state");
        (await app.Http.CallAsync("cart", "ada", "add", """{"name":"tea","price":3}""")).Is(204);
        var said = (await app.Http.CallAsync("cart", "ada", "put-then-fail", """{"name":"jam","price":5}""")).IsProblem(500, "operation-failed");
        Assert.Equal("not jam", said.GetProperty("detail").GetString());
        var hidden = (await app.Http.CallAsync("cart", "ada", "put-then-surprise", """{"name":"jam","price":5}""")).IsProblem(500, "operation-failed");
        Assert.Equal("Operation 'put-then-surprise' of object 'cart' threw InvalidOperationException; the silo's log has the details.", hidden.GetProperty("detail").GetString());
        Assert.Equal(3, (await app.Http.ReadAsync("cart", "ada", "total")).Is(200).Json.GetInt32());
        Assert.Equal("""{"items":[{"name":"tea","price":3}]}""", (await app.Http.StateAsync("cart", "ada")).Is(200).Text);
    }

    [Fact]
    public async Task A_read_changes_nothing_even_if_it_tries()
    {
        await using var app = await ObjectWorld.StartAsync(ObjectWorld.Usual, null, Store());
        (await app.Http.CallAsync("cart", "ada", "add", """{"name":"tea","price":3}""")).Is(204);
        Assert.Equal(1, (await app.Http.ReadAsync("cart", "ada", "spoil")).Is(200).Json.GetInt32());
        Assert.Equal(3, (await app.Http.ReadAsync("cart", "ada", "total")).Is(200).Json.GetInt32());
    }

    [Fact]
    public async Task A_deleted_object_begins_anew()
    {
        await using var app = await ObjectWorld.StartAsync(ObjectWorld.Usual, null, Store());
        const string Path = "/v1/objects/counter/c";
        (await app.Http.AskAsync("DELETE", Path)).IsProblem(404, "no-state");
        (await app.Http.CallAsync("counter", "c", "add", """{"by":5}""")).Is(200);
        Assert.Empty((await app.Http.AskAsync("DELETE", Path)).Is(204).Body);
        (await app.Http.AskAsync("DELETE", Path)).IsProblem(404, "no-state");
        (await app.Http.FetchAsync(Path)).IsProblem(404, "no-state");
        Assert.Equal(0, (await app.Http.ReadAsync("counter", "c", "value")).Json.GetInt32());
        (await app.Http.FetchAsync(Path)).IsProblem(404, "no-state");
        Assert.Equal(1, (await app.Http.CallAsync("counter", "c", "add", "{}")).Json.GetInt32());
    }

    [Fact]
    public async Task What_another_has_written_meanwhile_is_not_overwritten_and_the_next_operation_goes_on_from_it()
    {
        await using var app = await ObjectWorld.StartAsync(ObjectWorld.Usual, null, Store());
        (await app.Http.CallAsync("counter", "c", "add", "{}")).Is(200);
        var store = app.Web.Services.GetRequiredService<IGrainStateStore>();
        var row = (await store.ReadAsync("object/default/counter/c", "state"))!;
        Assert.NotNull(await store.WriteAsync("object/default/counter/c", "state", """{"value":40}"""u8.ToArray(), row.ETag));

        var moved = await app.Http.CallAsync("counter", "c", "add", "{}");
        moved.IsProblem(503, "object-moved");
        Assert.Equal("1", moved.Header("Retry-After"));
        Assert.Equal(41, (await app.Http.CallAsync("counter", "c", "add", "{}")).Is(200).Json.GetInt32());
    }

    [Fact]
    public async Task A_thousand_keys_are_listed_page_by_page_in_the_order_of_their_bytes()
    {
        await using var app = await ObjectWorld.StartAsync(ObjectWorld.Usual, null, Store());
        var keys = Enumerable.Range(0, 990).Select(i => FormattableString.Invariant($"{(i % 2 == 0 ? "even" : "odd")}/{i:000}"))
            .Concat(["a", "A", "ä", "😀", "%2F", "a b", "a?b", "a#b", "\uFFFD", "z"]).ToList();
        foreach (var some in keys.Chunk(100))
            await Task.WhenAll(some.Select(async key => (await app.Http.CallAsync("counter", key, "add", "{}")).Is(200)));
        // Neither another kind nor what else is stored is listed.
        (await app.Http.CallAsync("cart", "even/000", "add", """{"name":"tea","price":3}""")).Is(204);

        var listed = await PagesAsync(app.Http, "/v1/objects/counter?limit=99");
        Assert.Equal(keys.OrderBy(k => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(k)), StringComparer.Ordinal), listed.Select(k => k.GetProperty("key").GetString()));
        Assert.All(listed, k => Assert.Equal(11, k.GetProperty("bytes").GetInt64()));
        var odd = await PagesAsync(app.Http, "/v1/objects/counter?prefix=odd%2F&limit=100");
        Assert.Equal(keys.Where(k => k.StartsWith("odd/", StringComparison.Ordinal)).Order(StringComparer.Ordinal), odd.Select(k => k.GetProperty("key").GetString()));
        foreach (var odder in listed.Where(k => !k.GetProperty("key").GetString()!.Contains('/', StringComparison.Ordinal)))
            Assert.Equal("""{"value":1}""", (await app.Http.FetchAsync(odder.GetProperty("state").GetString()!)).Is(200).Text);
    }

    [Fact]
    public async Task What_was_answered_is_there_after_kill_9_and_after_a_stop()
    {
        using var folder = new TempFolder();
        var store = Store();
        await using (var silo = await SiloProcess.StartAsync(folder["data"], store))
        {
            using var http = silo.CreateClient();
            for (var i = 1; i <= 20; i++)
                Assert.Equal(i, (await http.CallAsync("counter", "c", "add", "{}")).Is(200).Json.GetInt32());
            await silo.KillAsync();
        }

        await using (var silo = await SiloProcess.StartAsync(folder["data"], store))
        {
            using var http = silo.CreateClient();
            Assert.Equal(20, (await http.ReadAsync("counter", "c", "value")).Is(200).Json.GetInt32());
            Assert.Equal(21, (await http.CallAsync("counter", "c", "add", "{}")).Is(200).Json.GetInt32());
            Assert.Equal(0, await silo.StopAsync());
        }

        await using var last = await SiloProcess.StartAsync(folder["data"], store);
        using var again = last.CreateClient();
        Assert.Equal("""{"value":21}""", (await again.StateAsync("counter", "c")).Is(200).Text);
    }

    [Fact]
    public async Task A_kill_9_among_many_operations_loses_none_that_was_answered_and_does_none_twice()
    {
        using var folder = new TempFolder();
        var store = Store();
        int answered = 0, unanswered = 0;
        await using (var silo = await SiloProcess.StartAsync(folder["data"], store))
        {
            using var http = silo.CreateClient();
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var clients = Enumerable.Range(0, 8).Select(_ => AddUntilItEndsAsync(http, () =>
            {
                if (Interlocked.Increment(ref answered) == 200)
                    enough.SetResult();
            })).ToList();
            await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
            await silo.KillAsync();
            unanswered = (await Task.WhenAll(clients)).Length;
        }

        await using var next = await SiloProcess.StartAsync(folder["data"], store);
        using var again = next.CreateClient();
        Assert.InRange((await again.ReadAsync("counter", "c", "value")).Is(200).Json.GetInt32(), answered, answered + unanswered);
    }

    /// <summary>Ends with one request that was not answered.</summary>
    private static async Task<bool> AddUntilItEndsAsync(HttpClient http, Action answered)
    {
        try
        {
            while (true)
            {
                (await http.CallAsync("counter", "c", "add", "{}")).Is(200);
                answered();
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return true;
        }
    }

    private static async Task<List<JsonElement>> PagesAsync(HttpClient http, string? path)
    {
        var keys = new List<JsonElement>();
        while (path is not null)
        {
            var answer = (await http.FetchAsync(path)).Is(200);
            keys.AddRange(answer.Json.GetProperty("keys").EnumerateArray());
            path = answer.Json.GetProperty("next").GetString();
            Assert.Equal(path is null ? null : $"<{path}>; rel=\"next\"", answer.Header("Link"));
        }

        return keys;
    }
}

public sealed class SqliteObjectTests : ObjectContract
{
    protected override string[] Store() => [];
}

public sealed class PostgreSqlObjectTests : ObjectContract
{
    protected override string[] Store() => ["--database", PostgresServer.Shared.NewDatabase()];
}
