using System.Net.ServerSentEvents;

namespace Hearth.Tests.Support;

/// <summary>Server-sent events as a test reads them.</summary>
public static class ServerEvents
{
    /// <summary>All events until the stream ends.</summary>
    public static async Task<List<(string? Id, string Event, System.Text.Json.JsonElement Data)>> EventsAsync(
        this HttpClient http, string job, string? lastEventId = null)
    {
        var events = new List<(string?, string, System.Text.Json.JsonElement)>();
        await foreach (var one in http.FollowAsync(job, lastEventId))
            events.Add(one);
        return events;
    }

    /// <summary>The events as they come.</summary>
    public static async IAsyncEnumerable<(string? Id, string Event, System.Text.Json.JsonElement Data)> FollowAsync(
        this HttpClient http, string job, string? lastEventId = null)
    {
        using var timeUp = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var request = new HttpRequestMessage(HttpMethod.Get, job + "/events");
        request.Headers.Add("Accept", "text/event-stream");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeUp.Token);
        Assert.Equal((200, "text/event-stream"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var parser = SseParser.Create(await response.Content.ReadAsStreamAsync(timeUp.Token));
        await foreach (var item in parser.EnumerateAsync(timeUp.Token))
            yield return (item.EventId, item.EventType, System.Text.Json.JsonDocument.Parse(item.Data).RootElement);
    }
}
