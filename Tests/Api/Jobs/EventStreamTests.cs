using System.Reflection;
using Hearth.Api.Jobs.Events;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hearth.Tests.Api.Jobs;

/// <summary>Streams of events when nothing happens, when the store is away, and when there are too many.</summary>
public sealed class EventStreamTests
{
    [Fact]
    public async Task A_quiet_stream_has_a_heartbeat()
    {
        var clock = new ManualTimeProvider();
        await using var app = await StartAsync(clock, out _);
        var path = await app.Http.PostJobAsync("quiet", """{"function":"wordcount","inputText":"a","delay":"1d"}""");
        using var connection = await RawConnection.OpenAsync(new Uri(app.Web.Urls.First()));
        await connection.SendAsync($"GET {path}/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await connection.ReadUntilAsync("event: state");
        for (var i = 0; i < 3; i++)
        {
            var beat = connection.ReadUntilAsync(":\n\n");
            await clock.AdvanceUntilAsync(beat, JobEventStream.Heartbeat, 50 * JobEventStream.Heartbeat);
            await beat;
        }
    }

    [Fact]
    public async Task A_stream_outlives_a_store_that_is_away()
    {
        var clock = new ManualTimeProvider();
        await using var app = await StartAsync(clock, out var store);
        var path = await app.Http.PostJobAsync("away", """{"function":"wordcount","inputText":"a","delay":"1d"}""");
        using var connection = await RawConnection.OpenAsync(new Uri(app.Web.Urls.First()));
        await connection.SendAsync($"GET {path}/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await connection.ReadUntilAsync("event: state");
        store.IsDown = true;
        (await app.Http.AskAsync("DELETE", path)).IsProblem(503, "store-unavailable");
        (await app.Http.FetchAsync(path + "/events")).IsProblem(503, "store-unavailable");
        // After each heartbeat it looks, and finds the store away.
        for (var i = 0; i < 2; i++)
            await ReadAsync(":\n\n");
        store.IsDown = false;
        (await app.Http.AskAsync("DELETE", path)).Is(200);
        await ReadAsync("event: end");

        async Task ReadAsync(string text)
        {
            var read = connection.ReadUntilAsync(text);
            await clock.AdvanceUntilAsync(read, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(20));
            await read;
        }
    }

    [Fact]
    public async Task There_are_only_so_many_streams_at_once()
    {
        await using var app = await StartAsync(null, out _);
        var path = await app.Http.PostJobAsync("many", """{"function":"wordcount","inputText":"a"}""");
        var field = typeof(JobEventsEndpoint).GetField("streams", BindingFlags.NonPublic | BindingFlags.Instance)!;
        var endpoint = app.Web.Services.GetRequiredService<JobEventsEndpoint>();
        field.SetValue(endpoint, JobEventsEndpoint.StreamsMax);
        Assert.Equal("5", (await app.Http.FetchAsync(path + "/events")).Header("Retry-After"));
        (await app.Http.FetchAsync(path + "/events")).IsProblem(429, "too-many-streams");
        field.SetValue(endpoint, 0);
        await app.Http.EventsAsync(path);
        await app.Http.EventsAsync(path);
        Assert.Equal(0, field.GetValue(endpoint));
    }

    private static Task<StartedApplication> StartAsync(TimeProvider? clock, out InMemoryJobStore store)
    {
        var inMemory = store = new InMemoryJobStore(clock ?? TimeProvider.System);
        return StartedApplication.StartAsync(b =>
        {
            Hearth.Functions.BuiltInFunctions.AddBuiltInFunctions(b);
            b.Services.AddSingleton<IJobStore>(inMemory);
            if (clock is not null)
                b.Services.Replace(ServiceDescriptor.Singleton(clock));
        });
    }
}
