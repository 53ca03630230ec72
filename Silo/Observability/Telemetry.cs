using System.Diagnostics.Metrics;
using Hearth.Cluster;
using Hearth.Functions;
using Hearth.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Hearth.Observability;

/// <summary>
/// Collects metrics for <c>GET /metrics</c> and, when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector, sends them and traces there. The variables are
/// OpenTelemetry's own (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
/// </summary>
internal sealed class Telemetry : IHostedService, IDisposable
{
    /// <summary>Where this is set, metrics and traces are sent.</summary>
    public const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly SiloIdentity self;
    private readonly FunctionRegistry functions;
    private readonly IClusterView cluster;
    private readonly string? collector;
    private readonly Lock reading = new();
    private readonly PrometheusExporter prometheus = new();
    private readonly Meter meter = new(HearthMetrics.Name);
    private MeterProvider? metrics;
    private TracerProvider? traces;
    private volatile bool hadLease = true;

    public Telemetry(SiloIdentity self, FunctionRegistry functions, IClusterView cluster, IConfiguration configuration)
    {
        (this.self, this.functions, this.cluster) = (self, functions, cluster);
        collector = configuration[Collector];
        meter.CreateObservableGauge("hearth.function.slots", Slots, "{slot}", "Slots of functions on this silo: used, limit, and waiting for one.");
        meter.CreateObservableGauge("hearth.cluster.silos", () => this.cluster.Current.Silos.Count, "{silo}", "Silos that live, as this one sees it.");
        cluster.Changed += CountLeaseLoss;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var resource = ResourceBuilder.CreateDefault().AddService("hearth", serviceVersion: HearthVersion.Text, serviceInstanceId: self.Name);
        var building = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(HearthMetrics.Name, "System.Runtime", "Npgsql", "Microsoft.Orleans")
            .AddReader(new BaseExportingMetricReader(prometheus));
        if (collector is not null)
        {
            building.AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel").AddOtlpExporter();
            traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource(JobTrace.Source, "Microsoft.AspNetCore", "Npgsql", "Microsoft.Orleans.*")
                .AddOtlpExporter()
                .Build();
        }

        metrics = building.Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The metrics in Prometheus' text format.</summary>
    public string Read()
    {
        lock (reading)
        {
            prometheus.Collect?.Invoke(Timeout.Infinite);
            return prometheus.Text;
        }
    }

    public void Dispose()
    {
        cluster.Changed -= CountLeaseLoss;
        // Sends what is left.
        metrics?.Dispose();
        traces?.Dispose();
        meter.Dispose();
    }

    private IEnumerable<Measurement<int>> Slots()
    {
        foreach (var function in functions.All.Values)
        {
            if (function.IsExternal)
                continue;
            yield return new(function.Slots.InUse, new KeyValuePair<string, object?>("function", function.Name), new("state", "used"));
            yield return new(function.Options.Concurrency, new KeyValuePair<string, object?>("function", function.Name), new("state", "limit"));
            yield return new(function.Slots.Waiting, new KeyValuePair<string, object?>("function", function.Name), new("state", "waiting"));
        }
    }

    private void CountLeaseLoss()
    {
        var has = cluster.MayStartJobs || cluster.Current.Find(cluster.Self)?.Status == SiloStatus.Draining;
        if (hadLease && !has)
            HearthMetrics.LeaseLost();
        hadLease = has;
    }
}
