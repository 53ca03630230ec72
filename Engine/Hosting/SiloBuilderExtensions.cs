using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Hosting;

/// <summary>Shortens the set-up of a silo.</summary>
public static class SiloBuilderExtensions
{
    /// <summary>Registers services for grains and whatever else lives in the host.</summary>
    public static ISiloBuilder ConfigureServices(this ISiloBuilder builder, Action<IServiceCollection> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(configureDelegate);
        configureDelegate(builder.Services);
        return builder;
    }

    /// <summary>Sets options of the silo, such as <see cref="Configuration.GrainCollectionOptions"/>.</summary>
    public static ISiloBuilder Configure<TOptions>(this ISiloBuilder builder, Action<TOptions> configureOptions)
        where TOptions : class
    {
        builder.Services.Configure(configureOptions);
        return builder;
    }
}
