using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Client.Cluster;

/// <summary>Adds a client of Hearth that goes over grains.</summary>
public static class HearthClusterClientServices
{
    /// <summary>
    /// Adds <see cref="IHearthClient"/> over the application's <c>IGrainFactory</c>: in a silo its own, elsewhere that of the engine's cluster client. The same
    /// promises as over HTTP; requests and answers have at most 32 MiB.
    /// </summary>
    /// <param name="services">The application's.</param>
    /// <param name="configure">Key and time-outs; the endpoint is not used. Null: all defaults.</param>
    public static IServiceCollection AddHearthClusterClient(this IServiceCollection services, Action<HearthClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddHearthClient(options =>
        {
            options.Endpoint = new Uri("http://hearth"); // what messages call it
            configure?.Invoke(options);
        }).ConfigurePrimaryHttpMessageHandler(s => new GrainHandler(s.GetRequiredService<IGrainFactory>()));
        return services;
    }
}
