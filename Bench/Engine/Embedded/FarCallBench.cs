using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans;
using Orleans.Embedded;
using Orleans.Hosting;
using Orleans.Placement;
using Orleans.Runtime;

namespace Hearth.Bench.Engine;

/// <summary>
/// Calls per second from one silo to another over TLS on loopback, both in this process: callers outside of grains, each awaiting its call before
/// the next, over 1,000 grains. The processor time is that of both silos.
/// </summary>
internal static class FarCallBench
{
    private static long s_calls;
    private static readonly TimeSpan s_runTime = TimeSpan.FromSeconds(3);

    public static async Task RunAsync()
    {
        var view = new FarView();
        var (near, grainsOfNear) = await StartAsync(view, "near");
        using var _ = near;
        var (far, _) = await StartAsync(view, FarView.Home);
        using var __ = far;
        var grains = Enumerable.Range(0, 1_000).Select(i => grainsOfNear.GetGrain<IFarBenchGrain>(i.ToString(CultureInfo.InvariantCulture))).ToArray();
        await MeasureAsync(grains, 64);
        foreach (var callers in new[] { 1, 64, 1_000 })
            Console.WriteLine($"grain-calls-far: {callers,5} callers: {await MeasureAsync(grains, callers)}");
        await CheckAsync(grains, far);
        await near.StopAsync();
        await far.StopAsync();
    }

    /// <summary>A figure counts only if every call was made, once, and over there.</summary>
    private static async Task CheckAsync(IFarBenchGrain[] grains, IHost far)
    {
        var (sum, locator) = (0L, far.Services.GetRequiredService<IGrainLocator>());
        foreach (var grain in grains)
            sum += await grain.Add(0);
        if (sum != s_calls || FarBenchGrain.Homes.Any(home => home != locator.Self))
            throw new InvalidOperationException($"{s_calls:N0} calls were answered, but the grains on {string.Join(", ", FarBenchGrain.Homes)} counted {sum:N0}.");
    }

    private static async Task<string> MeasureAsync(IFarBenchGrain[] grains, int callers)
    {
        var (cpu, allocated, clock) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true), Stopwatch.StartNew());
        var calls = (await Task.WhenAll(Enumerable.Range(0, callers).Select(c => Task.Run(() => CallAsync(grains, c, clock))))).Sum();
        s_calls += calls;
        return $"{calls / clock.Elapsed.TotalSeconds:N0} calls/s, {(Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / calls:N1} us of processor/call, " +
            $"{(GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)calls:N0} bytes/call";
    }

    private static async Task<long> CallAsync(IFarBenchGrain[] grains, int caller, Stopwatch clock)
    {
        var calls = 0L;
        for (var next = caller; clock.Elapsed < s_runTime; next++, calls++)
            await grains[next * 31 % grains.Length].Add(1);
        return calls;
    }

    private static async Task<(IHost, IGrainFactory)> StartAsync(FarView view, string id)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        var certificate = new CertificateRequest($"CN={id}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        builder.Services.AddSingleton<IGrainLocator>(new FarLocator(view, id));
        builder.Services.Configure<SiloConnectionOptions>(o => o.Certificate = certificate);
        builder.UseOrleans(_ => { });
        var host = builder.Build();
        var port = host.Services.GetRequiredService<SiloListener>().Port;
        view.Silos[id] = new("127.0.0.1", port, certificate.GetCertHash(HashAlgorithmName.SHA256));
        await host.StartAsync();
        return (host, host.Services.GetRequiredService<IGrainFactory>());
    }

    private sealed class FarView
    {
        public const string Home = "far";
        public Dictionary<string, SiloEndpoint> Silos { get; } = [];
    }

    /// <summary>Everything lives on one silo, for ever.</summary>
    private sealed class FarLocator(FarView view, string self) : IGrainLocator
    {
        public event Action? Changed { add { } remove { } }
        public string Self => self;
        public long Version => 1;
        public string? Locate(PlacementStrategy? strategy, string key) => FarView.Home;
        public IEnumerable<string> FormerHomes(PlacementStrategy? strategy, string key) => [];
        public SiloEndpoint? EndpointOf(string silo) => view.Silos.GetValueOrDefault(silo);
        public Task RefreshAsync(long version, CancellationToken cancellationToken) => Task.CompletedTask;
        public void Refused(string silo) => throw new InvalidOperationException($"Silo {silo} is not there.");

        public string? SiloOfCertificate(ReadOnlySpan<byte> sha256)
        {
            foreach (var (silo, endpoint) in view.Silos)
                if (endpoint.CertificateSha256.Span.SequenceEqual(sha256))
                    return silo;
            return null;
        }
    }
}

public interface IFarBenchGrain : IGrainWithStringKey
{
    Task<int> Add(int number);
}

[AttributeUsage(AttributeTargets.Class)]
public sealed class FarBenchAttribute() : PlacementAttribute(new FarBenchPlacement());

public sealed class FarBenchPlacement : PlacementStrategy;

[FarBench]
public sealed class FarBenchGrain(IGrainLocator locator) : Grain, IFarBenchGrain
{
    internal static ConcurrentBag<string> Homes { get; } = [];

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Homes.Add(locator.Self);
        return Task.CompletedTask;
    }

    private int _sum;

    public Task<int> Add(int number) => Task.FromResult(_sum += number);
}
