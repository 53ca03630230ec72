using Hearth.Api.Jobs.Events;
using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Following a queue.</summary>
public sealed class QueueEventTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    [Fact]
    public async Task What_happens_to_a_queues_jobs_is_told_in_its_order()
    {
        await silo.Http.EndAsync(await silo.Http.PostJobAsync("tail", """{"function":"reverse","input":"before"}"""));
        var told = new List<(string Event, string? Function, string? Error)>();
        await foreach (var (id, name, data) in silo.Http.FollowAsync("/v1/queues/tail"))
        {
            Assert.NotNull(id);
            if (name == "following")
            {
                await silo.Http.PostJobAsync("tail", """{"function":"flaky","input":{"value":1}}""");
                continue;
            }

            told.Add((name, data.GetProperty("function").GetString(), data.GetProperty("error").GetString()));
            if (name == "end")
                break;
        }

        Assert.Equal([("accepted", "flaky", null), ("attempt-failed", "flaky", "attempt 1 fails"), ("end", "flaky", null)], told);
    }

    [Fact]
    public async Task Who_comes_back_with_the_last_id_misses_nothing()
    {
        // Over before anybody follows: its end is none of those that are counted.
        await silo.Http.EndAsync(await silo.Http.PostJobAsync("back", """{"function":"reverse","input":"a"}"""));
        string? last = null;
        await foreach (var (id, _, _) in silo.Http.FollowAsync("/v1/queues/back"))
        {
            last = id;
            break;
        }

        var ids = new HashSet<string>();
        for (var i = 0; i < 50; i++)
            ids.Add((await silo.Http.PostJobAsync("back", """{"function":"reverse","input":"a"}"""))[9..]);
        foreach (var id in ids)
            await silo.Http.EndAsync("/v1/jobs/" + id);
        var (accepted, ended) = (new List<string>(), new List<string>());
        // Lost again in the middle of it.
        for (var round = 0; ended.Count < 50; round++)
        {
            Assert.True(round < 60, $"{ended.Count} ended");
            var count = 0;
            await foreach (var (id, name, data) in silo.Http.FollowAsync("/v1/queues/back", last))
            {
                last = id;
                Assert.NotEqual("gap", name);
                if (name == "accepted")
                    accepted.Add(data.GetProperty("id").GetString()!);
                if (name == "end")
                    ended.Add(data.GetProperty("id").GetString()!);
                if (++count == 9 || ended.Count == 50)
                    break;
            }
        }

        Assert.Equal(ids.Order(), accepted.Order());
        Assert.Equal(ids.Order(), ended.Where(ids.Contains).Order());
    }

    [Fact]
    public async Task After_a_crash_a_gap_is_told()
    {
        using var folder = new TempFolder();
        string? last = null;
        await using (var first = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"]))
        {
            using var http = first.CreateClient();
            await http.EndAsync(await http.PostJobAsync("gap", """{"function":"reverse","input":"a"}"""));
            // What was before is not told, and no job is open when the silo dies.
            await foreach (var (id, name, _) in http.FollowAsync("/v1/queues/gap"))
            {
                last = id;
                if (name == "following")
                    await http.PostJobAsync("gap", """{"function":"reverse","input":"a"}""");
                if (name == "end")
                    break;
            }

            await first.KillAsync();
        }

        await using var second = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"]);
        using var next = second.CreateClient();
        var told = new List<string>();
        await foreach (var (_, name, _) in next.FollowAsync("/v1/queues/gap", last))
        {
            told.Add(name);
            if (name == "gap")
                await next.PostJobAsync("gap", """{"function":"reverse","input":"a"}""");
            if (name == "end")
                break;
        }

        Assert.Contains("gap", told);
        Assert.Equal(["accepted", "end"], told.SkipWhile(name => name != "accepted"));
    }

    [Fact]
    public async Task What_cannot_be_followed_is_told()
    {
        await silo.Http.PostJobAsync("strict", """{"function":"reverse","input":"a"}""");
        (await silo.Http.FetchAsync("/v1/queues/nobody/events")).IsProblem(404, "unknown-queue");
        (await silo.Http.FetchAsync("/v1/queues/strict/events", ("Accept", "application/json"))).IsProblem(406, "not-acceptable");
        foreach (var after in new[] { "1", "x", "1-0", "1-2,1-3", "1--2", "1-2,", "99999999999-1" })
            (await silo.Http.FetchAsync("/v1/queues/strict/events?after=" + after)).IsProblem(422, "invalid-input");
    }

    [Theory]
    [InlineData("1-5")]
    [InlineData("1-5,2-638000000000000000,70-1")]
    public void A_position_is_read_as_it_was_written(string text) => Assert.Equal(text, QueuePosition.Text(QueuePosition.Parse(text)!));
}
