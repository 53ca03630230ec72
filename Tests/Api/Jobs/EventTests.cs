using Hearth.Tests.Support;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Following a job by its events.</summary>
public sealed class EventTests(MisbehavingSilo silo) : IClassFixture<MisbehavingSilo>
{
    [Fact]
    public async Task The_events_of_a_job_tell_its_life_and_end_with_its_end()
    {
        var path = await silo.Http.PostJobAsync("events", """{"function":"flaky","input":{"value":2}}""");
        var events = (await silo.Http.EventsAsync(path)).Where(e => e.Event != "state").ToList();
        Assert.Equal(["accepted", "attempt-failed", "attempt-failed", "end"], events.Select(e => e.Event));
        Assert.Equal(["0.0", "1.0", "2.0", "2.0.end"], events.Select(e => e.Id));
        Assert.Equal(("events", "flaky"), (events[0].Data.GetProperty("queue").GetString(), events[0].Data.GetProperty("function").GetString()));
        Assert.Equal((2, "attempt 2 fails", "FunctionException"), (events[2].Data.GetProperty("attempt").GetInt32(), events[2].Data.GetProperty("error").GetString(), events[2].Data.GetProperty("errorType").GetString()));
        Assert.Equal(("succeeded", 3, path + "/result"), (events[3].Data.GetProperty("state").GetString(), events[3].Data.GetProperty("attempt").GetInt32(), events[3].Data.GetProperty("result").GetString()));
    }

    [Fact]
    public async Task The_events_of_an_ended_job_are_those_that_were_told_live_and_stay_so_after_kill_9()
    {
        using var folder = new TempFolder();
        var told = new List<string>[3];
        string? path = null;
        for (var life = 0; life < 3; life++)
        {
            await using var process = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"]);
            using var http = process.CreateClient();
            path ??= await http.PostJobAsync("events", """{"function":"flaky","input":{"value":3}}""");
            told[life] = [.. (await http.EventsAsync(path)).Where(e => e.Event != "state").Select(e => $"{e.Id} {e.Event} {e.Data}")];
            await process.KillAsync();
        }

        Assert.Equal(5, told[0].Count);
        Assert.Equal(told[0], told[1]);
        Assert.Equal(told[0], told[2]);
    }

    [Fact]
    public async Task From_any_event_on_the_rest_follows_without_loss_or_repeat()
    {
        var path = await silo.Http.PostJobAsync("events", """{"function":"flaky","input":{"value":4}}""");
        await silo.Http.EndAsync(path);
        var all = await silo.Http.EventsAsync(path);
        for (var i = 0; i < all.Count - 1; i++)
        {
            Assert.Equal(all.Skip(i + 1).Select(e => $"{e.Id} {e.Event} {e.Data}"), (await silo.Http.EventsAsync(path, all[i].Id)).Select(e => $"{e.Id} {e.Event} {e.Data}"));
            var tool = (await silo.Http.FetchAsync($"{path}/events?after={all[i].Id}")).Is(200).Text;
            Assert.Equal(all.Count - i - 1, tool.Split("\nid: ").Length - 1);
        }

        Assert.Empty((await silo.Http.FetchAsync(path + "/events", ("Last-Event-ID", all[^1].Id!))).Is(204).Body);
    }

    [Fact]
    public async Task A_caller_that_comes_back_in_between_misses_nothing()
    {
        var path = await silo.Http.PostJobAsync("events", """{"function":"flaky","input":{"value":6},"retry":{"initial":"100ms","factor":1}}""");
        var seen = new List<string>();
        string? last = null;
        while (last?.EndsWith("end", StringComparison.Ordinal) != true)
        {
            // Takes one event that has an id, and hangs up.
            await foreach (var (id, name, _) in silo.Http.FollowAsync(path, last))
            {
                if (name == "state")
                    continue;
                last = id;
                seen.Add($"{id} {name}");
                break;
            }
        }

        Assert.Equal(["0.0 accepted", .. Enumerable.Range(1, 6).Select(i => $"{i}.0 attempt-failed"), "6.0.end end"], seen);
    }

    [Fact]
    public async Task The_state_of_the_moment_is_told_as_it_changes_and_has_no_id()
    {
        var path = await silo.Http.PostJobAsync("states", """{"function":"stuck","input":{"name":"states"},"delay":"3s","timeout":"20s"}""");
        var states = new List<string?>();
        await foreach (var (id, name, data) in silo.Http.FollowAsync(path))
        {
            if (name != "state")
                continue;
            states.Add(data.GetProperty("state").GetString());
            if (states[^1] == "running")
                await silo.OpenGateAsync("states");
        }

        Assert.Equal("scheduled", states[0]);
        Assert.Equal("running", states[^1]);
        Assert.Equal(states.Distinct(), states);
        var text = (await silo.Http.FetchAsync(path + "/events")).Text;
        Assert.DoesNotContain("event: state", text, StringComparison.Ordinal);
        Assert.StartsWith("retry: 2000\n\nid: 0.0\nevent: accepted\ndata: {", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_job_ends_its_stream()
    {
        var path = await silo.Http.PostJobAsync("events", """{"function":"reverse","input":"a","delay":"1h"}""");
        var names = new List<string>();
        await foreach (var (_, name, data) in silo.Http.FollowAsync(path))
        {
            names.Add(name);
            if (name == "state")
                (await silo.Http.AskAsync("DELETE", path)).Is(200);
            if (name == "end")
                Assert.Equal("cancelled", data.GetProperty("state").GetString());
        }

        Assert.Equal(["accepted", "state", "end"], names);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("a.b")]
    [InlineData("-1.0")]
    [InlineData("1.0.fin")]
    [InlineData("1.0.end.end")]
    [InlineData("99999999999.0")]
    public async Task A_position_that_is_none_is_422(string id)
    {
        var path = await silo.Http.PostJobAsync("events", """{"function":"reverse","input":"a"}""");
        (await silo.Http.FetchAsync(path + "/events", ("Last-Event-ID", id))).IsProblem(422, "invalid-input");
        Assert.Equal("after", (await silo.Http.FetchAsync($"{path}/events?after={id}")).IsProblem(422, "invalid-input").GetProperty("field").GetString());
    }

    [Fact]
    public async Task Nobody_is_sent_events_who_does_not_take_them()
    {
        var path = await silo.Http.PostJobAsync("events", """{"function":"reverse","input":"a"}""");
        (await silo.Http.FetchAsync(path + "/events", ("Accept", "application/json"))).IsProblem(406, "not-acceptable");
    }

    [Fact]
    public async Task A_stream_ends_when_the_silo_stops()
    {
        using var folder = new TempFolder();
        await using var process = await SiloProcess.StartAssemblyAsync(SiloProcess.Misbehaving, folder["data"]);
        using var http = process.CreateClient();
        var path = await http.PostJobAsync("events", """{"function":"reverse","input":"a","delay":"1h"}""");
        var names = new List<string>();
        await foreach (var (_, name, _) in http.FollowAsync(path))
        {
            names.Add(name);
            if (name == "state")
                _ = process.StopAsync();
        }

        Assert.Equal(["accepted", "state"], names);
    }
}
