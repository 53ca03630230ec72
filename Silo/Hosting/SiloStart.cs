using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Hearth.Api;
using Hearth.Api.Calls;
using Hearth.Auth;
using Hearth.Functions;
using Hearth.Storage;

namespace Hearth.Hosting;

/// <summary>Starts a silo, says what it serves, and answers a start that cannot work with one message.</summary>
internal static class SiloStart
{
    public static async Task<int> RunAsync(WebApplication web, HearthOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await web.Services.GetRequiredService<SiloStore>().OpenAsync();
            web.Services.GetRequiredService<ApiRoutes>().Map(web);
            ((IEndpointRouteBuilder)web).DataSources.Add(web.Services.GetRequiredService<OwnRouteSource>());
            await web.StartAsync(cancellationToken);
        }
        catch (Exception e) when (Explain(e, options) is { } message)
        {
            await web.DisposeAsync();
            return Refuse(message);
        }

        await using (web)
        {
            await AnnounceAsync(web, options);
            await web.WaitForShutdownAsync(cancellationToken);
        }

        return 0;
    }

    public static int Refuse(string message)
    {
        System.Console.Error.WriteLine("Hearth cannot start: " + message);
        return 1;
    }

    /// <summary>What to tell the person who started it; null for a defect, which shows its stack.</summary>
    private static string? Explain(Exception e, HearthOptions options) => e switch
    {
        StartException or StoreUnavailableException => e.Message,
        InvalidOperationException or ArgumentException when e.Message.StartsWith("Function ", StringComparison.Ordinal) => e.Message,
        IOException when e.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase) =>
            $"port {options.Port} is in use. Stop the process that has it, or choose another port: --port N.",
        System.Net.Sockets.SocketException => $"port {options.Port} on {options.Listen} cannot be opened: {e.Message}. Choose an address of this machine: --listen ADDRESS.",
        IOException when e.Message.Contains("Failed to bind", StringComparison.Ordinal) =>
            $"port {options.Port} on {options.Listen} cannot be opened: {e.InnerException?.Message ?? e.Message}",
        _ => null,
    };

    private static async Task AnnounceAsync(WebApplication web, HearthOptions options)
    {
        var version = Assembly.GetExecutingAssembly().GetName().Version!.ToString(3);
        var functions = web.Services.GetRequiredService<FunctionRegistry>().All.Count;
        using var self = Process.GetCurrentProcess();
        var took = TimeProvider.System.GetUtcNow() - new DateTimeOffset(self.StartTime.ToUniversalTime());
        var log = System.Console.Out;
        log.WriteLine($"Hearth {version} serves {functions} functions on {string.Join(", ", web.Urls)}");
        log.WriteLine($"Data: {web.Services.GetRequiredService<SiloStore>().Description}. Manifests: {Path.GetFullPath(options.Functions)}.");
        log.WriteLine(await web.Services.GetRequiredService<ManifestFunctions>().DescribeIsolationAsync());
        if (!web.Services.GetRequiredService<AccessPolicy>().HasKey && !options.BehindProxy)
            log.WriteLine("Access: this machine only, no key. To ask for one, make it with the command 'admin-key' and restart.");
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Ready after {took.TotalSeconds:0.00} s."));
        await log.FlushAsync(CancellationToken.None);
    }
}
