using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Observability;

/// <summary>A collector of OpenTelemetry, which keeps what is sent to it as it came.</summary>
internal sealed class Collector(WebApplication web) : IAsyncDisposable
{
    private readonly ConcurrentQueue<(string Path, byte[] Body)> received = new();

    /// <summary>What makes a silo send here, soon.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal)
    {
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_BSP_SCHEDULE_DELAY"] = "100", ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
    };

    public static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new Collector(builder.Build());
        await collector.ListenAsync();
        return collector;
    }

    /// <summary>How often bytes stand in what was sent to a path.</summary>
    public int Count(string path, ReadOnlySpan<byte> bytes)
    {
        var count = 0;
        foreach (var (_, body) in received.Where(r => r.Path == path))
        {
            for (var rest = body.AsSpan(); rest.IndexOf(bytes) is >= 0 and var at; rest = rest[(at + 1)..])
                count++;
        }

        return count;
    }

    public ValueTask DisposeAsync() => web.DisposeAsync();

    private async Task ListenAsync()
    {
        web.MapPost("/{**path}", async (HttpContext http) =>
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            received.Enqueue((http.Request.Path, body.ToArray()));
        });
        await web.StartAsync();
        Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }
}
