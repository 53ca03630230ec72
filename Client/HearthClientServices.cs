using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Hearth.Client;

/// <summary>Adds a client of Hearth to an application.</summary>
public static class HearthClientServices
{
    internal const string Name = "Hearth";

    /// <summary>Largest answer that is read: 256 MiB.</summary>
    private const long AnswerBytesMax = 256 << 20;

    /// <summary>Adds <see cref="IHearthClient"/> over HTTP, one for the application. Options that cannot be fail at start.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="configure">Endpoint, key, time-outs; null: all defaults.</param>
    /// <returns>For handlers of your own on its connections. They must not repeat requests: the client knows which may be.</returns>
    public static IHttpClientBuilder AddHearthClient(this IServiceCollection services, Action<HearthClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<HearthClientOptions>().ValidateOnStart();
        if (configure is not null)
            options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HearthClientOptions>, Check>());
        services.TryAddSingleton<IHearthClient>(s =>
        {
            var factory = s.GetRequiredService<IHttpClientFactory>();
            return new HearthClient(
                s.GetRequiredService<IOptions<HearthClientOptions>>().Value, s.GetService<TimeProvider>(), () => factory.CreateClient(Name));
        });
        return services.AddHttpClient(Name, client => Configure(client)).ConfigurePrimaryHttpMessageHandler(CreateHandler);
    }

    internal static HttpClient Configure(HttpClient client)
    {
        client.Timeout = Timeout.InfiniteTimeSpan; // each request has its own
        client.MaxResponseContentBufferSize = AnswerBytesMax;
        return client;
    }

    internal static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false, // the key goes to nobody else
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // addresses change
        ConnectTimeout = TimeSpan.FromSeconds(10),
    };

    private sealed class Check : IValidateOptions<HearthClientOptions>
    {
        public ValidateOptionsResult Validate(string? name, HearthClientOptions options) =>
            options.Mistake() is { } mistake ? ValidateOptionsResult.Fail("Hearth client: " + mistake) : ValidateOptionsResult.Success;
    }
}
