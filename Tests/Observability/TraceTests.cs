using System.Net.Http.Json;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;

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
        await using var silo = await SiloProcess.StartAssemblyAsync(SiloProcess.Shipped, folder["data"], collector.Environment);
        using var http = silo.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/queues/default/jobs") { Content = JsonContent.Create(new { function = "echo", input = 1 }) };
        request.Headers.Add("traceparent", $"00-{Trace}-00f067aa0ba902b7-01");
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());

        // The span of the request belongs to the trace, and that of the run links to it.
        await JobWorld.EventuallyAsync(() => collector.Count("/v1/traces", "run echo"u8) == 1, "the run's span is sent");
        await JobWorld.EventuallyAsync(() => collector.Count("/v1/traces", Convert.FromHexString(Trace)) >= 2, "the request's span and the link are sent");
        await JobWorld.EventuallyAsync(() => collector.Count("/v1/metrics", "hearth.jobs.ended"u8) > 0, "metrics are sent");
    }
}
