using System.Collections.Concurrent;
using System.Net.Http.Json;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Observability;

/// <summary>What a silo sends to a collector, in OpenTelemetry's protocol over HTTP.</summary>
public sealed class TraceTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Fact]
    public async Task A_callers_trace_leads_to_the_run_of_its_job()
    {
        using var folder = new TempFolder();
        await using var collector = await Collector.StartAsync();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        };
        await using var silo = await SiloProcess.StartAssemblyAsync(SiloProcess.Shipped, folder["data"], environment);
        using var http = silo.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/queues/default/jobs") { Content = JsonContent.Create(new { function = "echo", input = 1 }) };
        request.Headers.Add("traceparent", $"00-{Trace}-00f067aa0ba902b7-01");
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());

        // The span of the request belongs to the trace, and that of the run links to it.
        await JobWorld.EventuallyAsync(() => collector.Count("/v1/traces", "run echo"u8) == 1, "the run's span is sent");
        await JobWorld.EventuallyAsync(() => collector.Count("/v1/traces", Convert.FromHexString(Trace)) == 2, "the request's span and the link are sent");
        await JobWorld.EventuallyAsync(() => collector.Count("/v1/metrics", "hearth.jobs.ended"u8) > 0, "metrics are sent");
    }

    private sealed class Collector(WebApplication web) : IAsyncDisposable
    {
        private readonly ConcurrentQueue<(string Path, byte[] Body)> received = new();

        public string Address { get; private set; } = "";

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
            Address = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        }
    }
}
