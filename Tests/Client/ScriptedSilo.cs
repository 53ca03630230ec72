using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Hearth.Tests.Client;

/// <summary>A request as it came.</summary>
internal sealed record Asked(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A server that answers what a test tells it, in turn; the last answer stays.</summary>
internal sealed class ScriptedSilo : IAsyncDisposable
{
    private readonly ConcurrentQueue<Func<HttpContext, Task>> answers;
    private readonly ConcurrentQueue<Asked> asked = new();
    private readonly WebApplication web;

    private ScriptedSilo(Func<HttpContext, Task>[] script)
    {
        answers = new ConcurrentQueue<Func<HttpContext, Task>>(script);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        web = builder.Build();
        web.Urls.Add("http://127.0.0.1:0");
        web.Run(AnswerAsync);
    }

    public Uri Address => new(web.Urls.First());

    public IReadOnlyList<Asked> Requests => [.. asked];

    public static async Task<ScriptedSilo> StartAsync(params Func<HttpContext, Task>[] script)
    {
        var silo = new ScriptedSilo(script);
        await silo.web.StartAsync();
        return silo;
    }

    public static Func<HttpContext, Task> Json(int status, string body) => http =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body);
    };

    public static Func<HttpContext, Task> Problem(int status, string slug, int? retryAfter = null) => http =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/problem+json";
        if (retryAfter is { } seconds)
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return http.Response.WriteAsync($$"""{"type":"urn:hearth:problem:{{slug}}","title":"{{slug}}","status":{{status}},"detail":"as scripted","new":[1]}""");
    };

    /// <summary>The connection dies before there is an answer.</summary>
    public static Task Dies(HttpContext http)
    {
        http.Abort();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => web.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        asked.Enqueue(new Asked(
            http.Request.Method, http.Request.Path + http.Request.QueryString,
            http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body));
        var isLast = answers.Count == 1;
        Assert.True(isLast ? answers.TryPeek(out var answer) : answers.TryDequeue(out answer));
        await answer!(http);
    }
}
