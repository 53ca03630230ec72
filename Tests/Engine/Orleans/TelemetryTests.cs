using Hearth.Tests.Observability;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Engine.Orleans;

/// <summary>What Orleans itself measures and traces reaches the collector, and <c>/metrics</c>.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task Orleans_own_metrics_and_spans_are_sent_with_Hearths()
    {
        using var folder = new TempFolder();
        await using var collector = await Collector.StartAsync();
        await using var silo = await SiloProcess.StartAssemblyAsync(SiloProcess.Shipped, folder["data"], collector.Environment);
        using var http = silo.CreateClient();
        await http.SubmitAsync("echo", "1");
        await JobWorld.EventuallyAsync(() => collector.Count("/v1/traces", "Microsoft.Orleans.Application"u8) > 0, "spans of grain calls are sent");
        await JobWorld.EventuallyAsync(() => collector.Count("/v1/metrics", "orleans-"u8) > 0, "Orleans' metrics are sent");
        Assert.Contains("orleans_", (await http.FetchAsync("/metrics")).Is(200).Text, StringComparison.Ordinal);
    }
}
