using System.Net.Http.Headers;
using System.Text;

namespace Hearth.Tests.Support;

/// <summary>Requests as tests write them.</summary>
public static class Asking
{
    public static async Task<Answer> AskAsync(
        this HttpClient http, string method, string path, byte[]? body = null, string? contentType = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new ByteArrayContent(body);
        if (contentType is not null)
            request.Content!.Headers.TryAddWithoutValidation("Content-Type", contentType);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request);
        var all = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, all, await response.Content.ReadAsByteArrayAsync());
    }

    public static Task<Answer> FetchAsync(this HttpClient http, string path, params (string Name, string Value)[] headers) =>
        http.AskAsync("GET", path, headers: headers);

    /// <summary>Calls a function with a text body, JSON unless said otherwise.</summary>
    public static Task<Answer> CallAsync(
        this HttpClient http, string function, string body, string? contentType = "application/json", params (string Name, string Value)[] headers) =>
        http.AskAsync("POST", $"/v1/functions/{function}/call", Encoding.UTF8.GetBytes(body), contentType, headers);

    /// <summary>Submits a call as a job.</summary>
    /// <returns>The job's path.</returns>
    public static async Task<string> SubmitAsync(this HttpClient http, string function, string body, string contentType = "application/json") =>
        (await http.CallAsync(function, body, contentType, ("Prefer", "respond-async"))).Is(202).Header("Location")!;

    /// <summary>Submits jobs to a queue.</summary>
    public static Task<Answer> PostJobsAsync(
        this HttpClient http, string queue, string body, string contentType = "application/json", params (string Name, string Value)[] headers) =>
        http.AskAsync("POST", $"/v1/queues/{queue}/jobs", Encoding.UTF8.GetBytes(body), contentType, headers);

    /// <summary>Submits one job to a queue.</summary>
    /// <returns>The job's path.</returns>
    public static async Task<string> PostJobAsync(this HttpClient http, string queue, string body) =>
        (await http.PostJobsAsync(queue, body)).Is(202).Header("Location")!;

    /// <summary>Reads a job until it is in a state.</summary>
    public static async Task<Answer> BecomesAsync(this HttpClient http, string job, string state)
    {
        for (var i = 0; i < 500; i++)
        {
            var answer = (await http.FetchAsync(job)).Is(200);
            if (answer.Json.GetProperty("state").GetString() == state)
                return answer;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.Fail($"The job {job} did not become {state}.");
        return null!;
    }

    /// <summary>Waits for a job's end.</summary>
    public static async Task<Answer> EndAsync(this HttpClient http, string job) => (await http.FetchAsync(job + "?wait=60s")).Is(200);

    /// <summary>Reads a counter of the misbehaving silo until it has reached <paramref name="count"/>.</summary>
    public static async Task ReachesAsync(this HttpClient http, string counter, int count)
    {
        for (var since = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(60);)
        {
            if ((await http.CallAsync("count", $$"""{"name":"{{counter}}"}""")).Json.GetInt32() >= count)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.Fail($"The counter {counter} did not reach {count}.");
    }

    /// <summary>A body that is sent chunk by chunk, its length untold.</summary>
    public static async Task<Answer> CallChunkedAsync(this HttpClient http, string function, byte[] body, string contentType)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/functions/{function}/call");
        request.Headers.TransferEncodingChunked = true;
        request.Content = new StreamContent(new MemoryStream(body));
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using var response = await http.SendAsync(request);
        var all = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, all, await response.Content.ReadAsByteArrayAsync());
    }
}
