using System.Diagnostics;
using System.Globalization;
using Hearth.Api;
using Hearth.Api.Calls;
using Hearth.Auth;
using Hearth.Cluster;
using Hearth.Engines;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Hosting;

/// <summary>Starts a silo, says what it serves, and answers a start that cannot work with one message.</summary>
internal static class SiloStart
{
    public static async Task<int> RunAsync(WebApplication web, HearthOptions options, CancellationToken cancellationToken)
    {
        try
        {
            _ = web.Services.GetRequiredService<QueueBindings>(); // mistakes in it are told before anything is opened
            await web.Services.GetRequiredService<SiloStore>().OpenAsync();
            await SiloEngine.JoinAsync(web.Services, cancellationToken);
            await web.Services.GetRequiredService<QueueCatalogue>().RefreshAsync();
            web.Services.GetRequiredService<ApiRoutes>().Map(web);
            if (web.Services.GetRequiredService<SiloIdentity>().Roles.HasFlag(SiloRoles.Frontend))
                ((IEndpointRouteBuilder)web).DataSources.Add(web.Services.GetRequiredService<OwnRouteSource>());
            SiloEngine.Map(web);
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
            return SiloEngine.ExitCode(web.Services) ?? 0;
        }
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
        InvalidOperationException or ArgumentException when IsOfAuthor(e.Message) => e.Message,
        IOException when e.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase) =>
            $"port {options.Port} is in use. Stop the process that has it, or choose another port: --port N.",
        System.Net.Sockets.SocketException => $"port {options.Port} on {options.Listen} cannot be opened: {e.Message}. Choose an address of this machine: --listen ADDRESS.",
        IOException when e.Message.Contains("Failed to bind", StringComparison.Ordinal) =>
            $"port {options.Port} on {options.Listen} cannot be opened: {e.InnerException?.Message ?? e.Message}",
        _ => null,
    };

    /// <summary>What the application's code adds cannot be served.</summary>
    private static bool IsOfAuthor(string message) =>
        message.StartsWith("Function ", StringComparison.Ordinal) || message.StartsWith("Object ", StringComparison.Ordinal);

    private static async Task AnnounceAsync(WebApplication web, HearthOptions options)
    {
        var functions = web.Services.GetRequiredService<FunctionRegistry>().Offered.Count();
        using var self = Process.GetCurrentProcess();
        var took = TimeProvider.System.GetUtcNow() - new DateTimeOffset(self.StartTime.ToUniversalTime());
        var log = System.Console.Out;
        log.WriteLine($"Hearth {HearthVersion.Text} serves {functions} functions on {string.Join(", ", web.Urls)}");
        log.WriteLine($"Data: {web.Services.GetRequiredService<SiloStore>().Description}. Manifests: {Path.GetFullPath(options.Functions)}.");
        if (options.Database is not null)
            log.WriteLine(Cluster(web.Services.GetRequiredService<IClusterView>()));
        log.WriteLine(await web.Services.GetRequiredService<ManifestFunctions>().DescribeIsolationAsync());
        if (!web.Services.GetRequiredService<AccessPolicy>().HasKey && !options.BehindProxy)
            log.WriteLine("Access: this machine only, no key. To ask for one, make it with the command 'admin-key' and restart.");
        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Ready after {took.TotalSeconds:0.00} s."));
        await log.FlushAsync(CancellationToken.None);
    }

    private static string Cluster(IClusterView cluster)
    {
        var self = cluster.Current.Find(cluster.Self);
        var others = cluster.Current.Silos.Where(silo => silo.Id != cluster.Self).Select(Shown).ToList();
        return $"Silo {(self is null ? cluster.Self : Shown(self))}. Cluster: {(others.Count == 0 ? "no others" : string.Join(", ", others))}.";
    }

    private static string Shown(SiloView silo) =>
        silo.Name + (silo.Pools.Count == 0 ? " (frontend only)" : $" (pool {string.Join(", ", silo.Pools)})")
        + (silo.Status == SiloStatus.Draining ? ", draining" : "");
}
