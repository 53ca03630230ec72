using System.Globalization;
using Hearth.Client.Cluster;
using Hearth.Cluster;
using Hearth.Hosting;
using Hearth.Objects;
using Hearth.Observability;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Storage;

namespace Hearth.Engines;

/// <summary>
/// Hosts the grains on Microsoft Orleans, with their state in the silo's own store: alone on SQLite, and with all silos on the same PostgreSQL
/// as one cluster, which Orleans keeps in tables of its own there.
/// </summary>
internal static class SiloEngine
{
    private const string Dashboard = "/dashboard";

    /// <summary>An object's state is read again in no time, and there can be any number of keys.</summary>
    private static readonly TimeSpan ObjectAge = TimeSpan.FromMinutes(2);

    public static void Add(WebApplicationBuilder web, HearthOptions options, SiloIdentity self)
    {
        if (options.SiloGateway is not null && !self.Roles.HasFlag(SiloRoles.Frontend))
            throw new StartException("--silo-gateway needs the role frontend, which serves the API: add it to --roles, or leave the gateway to other silos.");
        web.Services.AddSingleton<HttpAddress>();
        web.Services.AddSingleton<SiloLoadMeter>();
        web.Services.AddSingleton<SiloEnd>();
        web.Logging.AddFilter("Orleans", LogLevel.Warning);
        OrleansServices.Add(web.Services);
        web.UseOrleans(silo =>
        {
            if (options.Database is null)
                Alone(silo);
            else
                InCluster(silo, options, SiloListening.From(options), self);
            silo.Configure<SiloOptions>(o => o.SiloName = self.Id);
            silo.Services.AddSingleton<IFatalErrorHandler, FatalErrors>();
            AddState(silo.Services);
            silo.Configure<GrainCollectionOptions>(o => o.ClassSpecificCollectionAge[typeof(ObjectGrain).FullName!] = ObjectAge);
            silo.AddDashboard();
            // A filter on each call, which pays only where somebody collects the spans.
            if (web.Configuration[Telemetry.Collector] is not null)
                silo.AddActivityPropagation();
        });
        if (options.Database is not null)
            web.Services.AddHostedService(s => s.GetRequiredService<ClusterMembers>());
    }

    /// <summary>Looks whether the silo can enter its cluster; it does when the host starts. Where there is none, does nothing.</summary>
    /// <exception cref="StartException">It cannot; the message says what to change.</exception>
    public static async Task JoinAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetRequiredService<HearthOptions>().Database is not { } database)
            return;
        await ProviderScripts.CheckAsync(database, cancellationToken);
        await services.GetRequiredService<ClusterCertificate>().LoadAsync(services.GetRequiredService<SiloStore>().GrainState);
        await services.GetRequiredService<JoinCheck>().RunAsync(cancellationToken);
    }

    /// <summary>Routes of the engine's own; the access policy is before them, as before all.</summary>
    public static void Map(WebApplication web)
    {
        if (web.Services.GetRequiredService<SiloIdentity>().Roles.HasFlag(SiloRoles.Frontend))
            web.MapOrleansDashboard(Dashboard);
    }

    /// <summary>The exit code of a silo that was ended; null when it was asked to stop.</summary>
    public static int? ExitCode(IServiceProvider services) => services.GetRequiredService<SiloEnd>().Code;

    private static void AddState(IServiceCollection services)
    {
        services.AddKeyedSingleton<IGrainStorage, StoredGrainState>("Default");
        services.AddSingleton(s => s.GetRequiredKeyedService<IGrainStorage>("Default"));
    }

    private static void Alone(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<IClusterView, SoleSilo>();
        silo.AddPlacementDirector<PoolPlacement, HereDirector>();
        silo.AddPlacementDirector<SiloPlacement, HereDirector>();
        silo.UseLocalhostClustering(FreePort.On(System.Net.IPAddress.Loopback), gatewayPort: 0);
    }

    private static void InCluster(ISiloBuilder silo, HearthOptions options, SiloListening listening, SiloIdentity self)
    {
        silo.Services.AddSingleton<ClusterMembers>();
        silo.Services.AddSingleton<IClusterView>(s => s.GetRequiredService<ClusterMembers>());
        silo.Services.AddSingleton<JoinCheck>();
        var certificate = new ClusterCertificate(TimeProvider.System);
        silo.Services.AddSingleton(certificate);
        silo.UseTls(certificate.Use);
        silo.AddPlacementDirector<PoolPlacement, PoolDirector>();
        silo.AddPlacementDirector<SiloPlacement, SiloDirector>();
        silo.Configure<ClusterOptions>(o => (o.ServiceId, o.ClusterId) = (ClusterTls.Cluster, ClusterTls.Cluster));
        silo.Configure<EndpointOptions>(o => SiloEndpoint.Set(o, listening, options.SiloGateway));
        silo.Configure<ClusterMembershipOptions>(FailureDetection.Tune);
        silo.UseSiloMetadata(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [SiloLabels.Pools] = string.Join(',', self.Pools),
            [SiloLabels.Roles] = ((int)self.Roles).ToString(CultureInfo.InvariantCulture),
            [SiloLabels.Version] = HearthVersion.Text,
        });
        silo.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = ("Npgsql", ProviderScripts.Writable(options.Database!)));
    }
}
