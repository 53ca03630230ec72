using System.Diagnostics;
using System.Globalization;
using Hearth.Bench.Jobs;

namespace Hearth.Bench.Http;

/// <summary>
/// Synchronous calls of a no-op function beside a bare minimal API, taking turns in one run, each server a process of its own as in
/// production: only the ratio counts.
/// </summary>
internal static class CallBench
{
    private const int Connections = 64;
    public static async Task RunAsync(string[] args)
    {
        var (rounds, seconds) = args is ["--quick"] ? (3, 3) : (5, 6);
        await using var bare = await ServerProcess.StartAsync("serve-bare");
        await using var hearth = await ServerProcess.StartAsync("serve-hearth");
        var invoke = new Uri(bare.Address, "/invoke");
        var call = new Uri(hearth.Address, "/v1/functions/invoke/call");
        await Wrk.RunAsync(invoke, Connections, seconds);
        await Wrk.RunAsync(call, Connections, seconds);
        var ratios = new List<double>();
        System.Console.WriteLine("round | bare /s, p50, p99 ms | Hearth /s, p50, p99 ms | rate | p99");
        for (var round = 1; round <= rounds; round++)
        {
            var a = await Wrk.RunAsync(invoke, Connections, seconds);
            var b = await Wrk.RunAsync(call, Connections, seconds);
            ratios.Add(b.Rate / a.Rate);
            System.Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{round} | {a.Rate:0}, {a.P50:0.00}, {a.P99:0.00} | {b.Rate:0}, {b.P50:0.00}, {b.P99:0.00} | {b.Rate / a.Rate:0.00} | {b.P99 / a.P99:0.00}"));
        }

        ratios.Sort();
        System.Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"median of the ratios: {ratios[ratios.Count / 2]:0.00}"));
    }

    /// <summary>One of the two alone, in a process of its own that has warmed up.</summary>
    public static async Task<WrkResult> MeasureAsync(bool isBare, int seconds)
    {
        await using var server = await ServerProcess.StartAsync(isBare ? "serve-bare" : "serve-hearth");
        var address = new Uri(server.Address, isBare ? "/invoke" : "/v1/functions/invoke/call");
        await Wrk.RunAsync(address, Connections, Wrk.WarmUpSeconds);
        var result = await Wrk.RunAsync(address, Connections, seconds);
        await server.StopAsync();
        return result;
    }

    public static async Task ServeBareAsync()
    {
        await using var app = await BareApi.StartAsync();
        ServerProcess.Announce(app);
        await app.WaitForShutdownAsync();
    }

    public static async Task ServeHearthAsync()
    {
        using var data = new TempFolder();
        var builder = HearthApplication.CreateBuilder("--port", "0", "--data", data["."]);
        builder.AddFunction("invoke", (Invoice invoice) => new Accepted(invoice.I, "accepted"), o => o.Concurrency = 256);
        var app = builder.Build();
        app.Web!.Lifetime.ApplicationStarted.Register(() => ServerProcess.Announce(app.Web));
        await app.RunAsync();
    }
}

/// <summary>This program again, as a server.</summary>
internal sealed class ServerProcess : IAsyncDisposable, IDisposable
{
    private const string Prefix = "serving ";
    private readonly Process process;

    private ServerProcess(Process process, Uri address)
    {
        (this.process, Address) = (process, address);
        Servers.Add(this);
    }

    public Uri Address { get; }

    public int Id => process.Id;

    public static async Task<ServerProcess> StartAsync(params string[] command)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ServerProcess).Assembly.Location, .. command]) { RedirectStandardOutput = true, UseShellExecute = false };
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            _ = process.StandardOutput.ReadToEndAsync();
            return new ServerProcess(process, new Uri(line[Prefix.Length..]));
        }

        throw new InvalidOperationException($"{string.Join(' ', command)} did not start.");
    }

    public static void Announce(WebApplication app) => System.Console.WriteLine(Prefix + app.Urls.First());

    /// <summary>As an operator would: what is under way ends.</summary>
    public async Task StopAsync()
    {
        Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]).Dispose();
        await process.WaitForExitAsync();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        if (!Servers.Remove(this))
            return;
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
    }
}
