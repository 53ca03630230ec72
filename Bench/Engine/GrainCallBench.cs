using System.Diagnostics;
using System.Globalization;
using Orleans;

namespace Hearth.Bench.Engine;

/// <summary>
/// Local calls per second: 64 callers outside of grains, each awaiting its call before the next, over 1,000 grains.
/// The median of three runs of three seconds.
/// </summary>
internal static class GrainCallBench
{
    private const int Callers = 64;
    private const int Grains = 1_000;
    private const int Runs = 3;

    private static readonly TimeSpan s_runTime = TimeSpan.FromSeconds(3);
    private static long s_calls;

    public static async Task RunAsync()
    {
        var (host, factory) = await EngineHost.StartAsync();
        using var _ = host;
        var grains = await WarmUpAsync(factory);
        var runs = new List<(double PerSecond, double BytesPerCall, double CpuNanoseconds)>();
        for (var run = 0; run < Runs; run++)
        {
            runs.Add(await MeasureAsync(grains, s_runTime));
            Console.WriteLine($"run {run + 1}: {runs[^1].PerSecond:N0} calls/s, {runs[^1].BytesPerCall:N0} bytes/call, {runs[^1].CpuNanoseconds:N0} ns of processor/call");
        }
        var (perSecond, bytes, cpu) = runs.Order().ElementAt(Runs / 2);
        Console.WriteLine($"grain-calls: {perSecond:N0} calls/s, {bytes:N0} bytes/call, {cpu:N0} ns of processor/call " +
            $"({Callers} callers, {Grains:N0} grains, {Environment.ProcessorCount} cores, median of {Runs})");
        await CheckAsync(grains);
        await host.StopAsync();
    }

    /// <summary>Calls a second in one such run.</summary>
    public static async Task<double> MeasureAsync()
    {
        var (host, factory) = await EngineHost.StartAsync();
        using var _ = host;
        var grains = await WarmUpAsync(factory);
        var (perSecond, _, _) = await MeasureAsync(grains, s_runTime);
        await CheckAsync(grains);
        await host.StopAsync();
        return perSecond;
    }

    private static async Task<IBenchGrain[]> WarmUpAsync(IGrainFactory factory)
    {
        s_calls = 0;
        var grains = Enumerable.Range(0, Grains)
            .Select(i => factory.GetGrain<IBenchGrain>(i.ToString(CultureInfo.InvariantCulture))).ToArray();
        await MeasureAsync(grains, TimeSpan.FromSeconds(1));
        return grains;
    }

    /// <summary>A figure counts only if every call was made, once.</summary>
    private static async Task CheckAsync(IBenchGrain[] grains)
    {
        var sum = 0L;
        foreach (var grain in grains)
            sum += await grain.Add(0);
        if (sum != s_calls)
            throw new InvalidOperationException($"{s_calls:N0} calls were answered, but the grains counted {sum:N0}.");
    }

    private static async Task<(double, double, double)> MeasureAsync(IBenchGrain[] grains, TimeSpan time)
    {
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, Callers).Select(c => Task.Run(() => CallAsync(grains, c, clock, time))));
        var elapsed = clock.Elapsed.TotalSeconds;
        var calls = counts.Sum();
        s_calls += calls;
        return (calls / elapsed, (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)calls,
            (Environment.CpuUsage.TotalTime - cpu).TotalNanoseconds / calls);
    }

    private static async Task<long> CallAsync(IBenchGrain[] grains, int caller, Stopwatch clock, TimeSpan time)
    {
        var calls = 0L;
        for (var next = caller * (grains.Length / Callers); clock.Elapsed < time;)
        {
            // The clock is read once per 64 calls, so that it is not what is measured.
            for (var i = 0; i < 64; i++, next++)
                await grains[next % grains.Length].Add(1);
            calls += 64;
        }
        return calls;
    }
}
