using Hearth.Client;
using Hearth.Client.Http;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Microsoft.AspNetCore.Http;

namespace Hearth.Tests.Client;

/// <summary>Following events over connections that do not last.</summary>
public sealed class FollowTests(ClientSilo silo) : IClassFixture<ClientSilo>
{
    [Fact]
    public async Task Events_go_on_where_a_cut_connection_left_them()
    {
        await using var network = TcpProxy.Start(silo.Address.Port);
        using var client = new HearthClient(new HearthClientOptions { Endpoint = new Uri($"http://127.0.0.1:{network.Port}") });
        using var direct = new HearthClient(new HearthClientOptions { Endpoint = silo.Address });
        var job = await silo.HoldAsync(direct);
        var told = new List<string>();
        await foreach (var one in client.EventsAsync(job).WithCancellation(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token))
        {
            told.Add(one.Name);
            if (one is { Name: "state" } && told.Count(name => name == "state") == 1)
            {
                network.Cut();
                silo.Release(job);
            }
        }

        Assert.Equal(["accepted", "end"], told.Where(name => name != "state"));
    }

    [Fact]
    public async Task A_kind_of_event_that_is_not_known_and_members_that_are_new_pass()
    {
        await using var scripted = await ScriptedSilo.StartAsync(
            Stream("retry: 1\n\nid: 0.0\nevent: accepted\ndata: {\"id\":\"1\",\"new\":{}}\n\n:\n\nid: 0.1\nevent: moved\ndata: {\"to\":\ndata: 3}\nfoo: bar\n\n"),
            Stream("id: 0.2.end\nevent: end\ndata: {\"state\":\"frozen\"}\n\n"));
        using var client = new HearthClient(new HearthClientOptions { Endpoint = scripted.Address, ApiKey = "secret" });
        var events = await client.EventsAsync("1").ToListAsync();
        Assert.Equal(["accepted", "moved", "end"], events.Select(e => e.Name));
        Assert.Equal(3, events[1].Data.GetProperty("to").GetInt32());
        Assert.Equal([null, "0.1"], scripted.Requests.Select(r => r.Headers.GetValueOrDefault("Last-Event-ID")));
        Assert.All(scripted.Requests, r => Assert.Equal("Bearer secret", r.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_silo_that_does_not_come_back_is_told()
    {
        await using var scripted = await ScriptedSilo.StartAsync(Stream("id: 0.0\nevent: accepted\ndata: {}\n\n"), ScriptedSilo.Problem(503, "store-unavailable"));
        using var client = new HearthClient(new HearthClientOptions { Endpoint = scripted.Address, RetryFor = TimeSpan.FromMilliseconds(500) });
        var told = new List<string>();
        var lost = await Assert.ThrowsAsync<HearthException>(async () =>
        {
            await foreach (var one in client.EventsAsync("1"))
                told.Add(one.Name);
        });
        Assert.True(lost.Is("store-unavailable"));
        Assert.Equal(["accepted"], told);
    }

    [Fact]
    public async Task A_connection_that_is_dead_in_silence_is_given_up()
    {
        var clock = new ManualTimeProvider();
        using var reader = new EventReader(new SilentStream(), clock, TimeSpan.FromSeconds(45));
        var next = reader.NextAsync(CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(44));
        Assert.False(next.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<IOException>(() => next.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    private static Func<HttpContext, Task> Stream(string text) => http =>
    {
        http.Response.ContentType = "text/event-stream";
        return http.Response.WriteAsync(text);
    };

    private sealed class SilentStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return 0;
        }
    }
}
