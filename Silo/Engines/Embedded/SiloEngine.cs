using Hearth.Cluster;
using Hearth.Hosting;
using Hearth.Objects;
using Orleans.Configuration;
using Orleans.Embedded;
using Orleans.Runtime;
using Orleans.Storage;

namespace Hearth.Engines;

/// <summary>Hosts the grains on the embedded engine, with their state in the silo's own store, alone or in a cluster.</summary>
internal static class SiloEngine
{
    /// <summary>An object's state is read again in no time, and there can be any number of keys.</summary>
    private static readonly TimeSpan ObjectAge = TimeSpan.FromMinutes(2);

    public static void Add(WebApplicationBuilder web, HearthOptions options, SiloIdentity self)
    {
        if (options.SiloGateway is not null)
            throw new StartException("--silo-gateway is for silos on Orleans (-p:Engine=Orleans): the embedded engine has no gateway. Applications elsewhere use the client over HTTP.");
        web.Services.AddSingleton<HttpAddress>();
        web.Services.AddSingleton<SiloLoadMeter>();
        if (options.Database is null)
            web.Services.AddSingleton<IClusterView, SoleSilo>();
        else
            AddMembership(web.Services, SiloListening.From(options), self);
        web.UseOrleans(silo =>
        {
            silo.Services.AddKeyedSingleton<IGrainStorage, StoredGrainState>("Default");
            silo.Configure<GrainCollectionOptions>(o => o.ClassSpecificCollectionAge[typeof(ObjectGrain).FullName!] = ObjectAge);
        });
    }

    /// <summary>Brings the silo into its cluster; where there is none, does nothing.</summary>
    /// <exception cref="StartException">It cannot; the message says what to change.</exception>
    public static async Task JoinAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetService<Membership>() is not { } membership)
            return;
        try
        {
            // Bound first: what the others read is where it listens.
            services.GetRequiredService<SiloAddress>().ListensOn(services.GetRequiredService<SiloListener>().Port);
        }
        catch (OrleansConfigurationException e)
        {
            throw new StartException($"{e.InnerException?.Message ?? e.Message}: other silos cannot be listened for there. Choose an address of this machine and a free port: --silo-listen ADDRESS:PORT.", e);
        }

        await membership.JoinAsync(cancellationToken);
    }

    /// <summary>Routes of the engine's own: none.</summary>
    public static void Map(WebApplication web)
    {
    }

    /// <summary>The exit code of a silo that was ended; null when it was asked to stop.</summary>
    public static int? ExitCode(IServiceProvider services) => services.GetService<SiloEnd>()?.Code;

    /// <summary>Before the engine: what starts first stops last.</summary>
    private static void AddMembership(IServiceCollection services, SiloListening listening, SiloIdentity self)
    {
        services.AddSingleton(s => new SiloAddress(
            listening.Host, listening.Port, SiloAddress.NewCertificate(self.Id, s.GetRequiredService<TimeProvider>())));
        services.AddOptions<SiloConnectionOptions>().Configure<SiloAddress>((options, address) =>
            (options.ListenAddress, options.Port, options.Certificate) = (listening.Address, listening.Port, address.Certificate));
        services.AddSingleton<SiloEnd>();
        services.AddSingleton(s => new MembershipAgent(
            s.GetRequiredService<SiloStore>().Silos!, self.Id, Beat(s), s.GetRequiredService<SiloEnd>().End,
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<MembershipAgent>>()));
        services.AddSingleton<IClusterView>(s => s.GetRequiredService<MembershipAgent>());
        services.AddSingleton<IGrainLocator, GrainLocator>();
        services.AddSingleton<Membership>();
        services.AddHostedService(s => s.GetRequiredService<Membership>());
    }

    private static Func<Storage.SiloBeat> Beat(IServiceProvider services)
    {
        var (meter, http) = (services.GetRequiredService<SiloLoadMeter>(), services.GetRequiredService<HttpAddress>());
        return () =>
        {
            var load = meter.Read();
            return new Storage.SiloBeat(load.Running, load.Waiting, http.Current);
        };
    }
}
