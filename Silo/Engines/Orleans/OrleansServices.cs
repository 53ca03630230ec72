using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Hearth.Engines;

/// <summary>
/// What the grains need of Orleans wherever they run, in the silo and in tests. (1) Orleans' own business goes by the real clock, that of grains by
/// the host's, which tests stop. Much of Orleans counts by the machine's stopwatch whatever clock it is given (the age of calls and of idle grains),
/// and what mixes the two fails. (2) A call that meets an activation that ends goes on to the next, and the next: Orleans gives up after two, so
/// that calls of a shard or object that moves would be refused. (3) Errors of Hearth's own go to other silos as they are: Orleans sends none but
/// those of .NET, and whoever waits for an answer would hear that there is no codec instead.
/// </summary>
internal static class OrleansServices
{
    private const int ForwardsMax = 20;

    private static readonly string[] Own =
    [
        TimeProviderNames.Membership, TimeProviderNames.SystemTimers, TimeProviderNames.GrainDirectory, TimeProviderNames.Messaging,
        TimeProviderNames.ActivationManagement,
    ];

    public static void Add(IServiceCollection services)
    {
        foreach (var name in Own)
            services.TryAddKeyedSingleton(name, TimeProvider.System);
        services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add(nameof(Hearth)));
        services.Configure<SiloMessagingOptions>(options => options.MaxForwardCount = ForwardsMax);
    }
}
