using System.Net.Http.Headers;
using Hearth.Client.Http;

namespace Hearth.Client;

/// <summary>Hearth over HTTP. Make one and keep it; with dependency injection, <see cref="HearthClientServices.AddHearthClient"/> does.</summary>
public sealed partial class HearthClient : IHearthClient, IDisposable
{
    private readonly HttpClient? own;
    private readonly Transport transport;
    private readonly HearthClientOptions options;
    private readonly TimeProvider clock;

    /// <summary>A client with connections of its own.</summary>
    /// <param name="options">Read now; later changes have no effect.</param>
    /// <param name="clock">Null: the system's.</param>
    /// <exception cref="ArgumentException">The options cannot be; the message says which and why.</exception>
    public HearthClient(HearthClientOptions options, TimeProvider? clock = null)
        : this(options, clock, null)
    {
    }

    internal HearthClient(HearthClientOptions options, TimeProvider? clock, Func<HttpClient>? http)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Mistake() is { } mistake)
            throw new ArgumentException(mistake, nameof(options));
        this.options = new HearthClientOptions
        {
            Endpoint = options.Endpoint, ApiKey = options.ApiKey, RequestTimeout = options.RequestTimeout, CallTimeout = options.CallTimeout, RetryFor = options.RetryFor,
        };
        this.clock = clock ?? TimeProvider.System;
        own = http is null ? HearthClientServices.Configure(new HttpClient(HearthClientServices.CreateHandler())) : null;
        transport = new Transport(http ?? (() => own!), this.options, this.clock);
    }

    /// <inheritdoc/>
    public async Task<Payload> CallAsync(
        string function, Payload input, IReadOnlyDictionary<string, string>? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        var path = Paths.Of("functions", function, "call").Query(parameters?.Select(p => KeyValuePair.Create(p.Key, (string?)p.Value)) ?? []);
        return (await PostAsync(path, input, cancellationToken).ConfigureAwait(false)).Payload;
    }

    /// <inheritdoc/>
    public async Task<Payload> OperateAsync(string name, string key, string operation, Payload input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        return (await PostAsync(Paths.Of("objects", name, key, operation), input, cancellationToken).ConfigureAwait(false)).Payload;
    }

    /// <inheritdoc/>
    public async Task<Payload?> GetStateAsync(string name, string key, CancellationToken cancellationToken = default)
    {
        try
        {
            return (await FetchAsync(Paths.Of("objects", name, key), options.CallTimeout, cancellationToken).ConfigureAwait(false)).Payload;
        }
        catch (HearthException e) when (e.Is("no-state"))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteStateAsync(string name, string key, CancellationToken cancellationToken = default)
    {
        var path = Paths.Of("objects", name, key);
        try
        {
            await transport.SendAsync(
                () => new HttpRequestMessage(HttpMethod.Delete, Relative(path)), Repeat.OnlyIfNotDone, options.CallTimeout, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (HearthException e) when (e.Is("no-state"))
        {
            return false;
        }
    }

    /// <summary>Closes its connections.</summary>
    public void Dispose() => own?.Dispose();

    private Task<HttpAnswer> PostAsync(string path, Payload input, CancellationToken cancellationToken) => transport.SendAsync(
        () => new HttpRequestMessage(HttpMethod.Post, Relative(path)) { Content = Content(input) }, Repeat.OnlyIfNotDone, options.CallTimeout, cancellationToken);

    private static ReadOnlyMemoryContent? Content(Payload input)
    {
        if (input.IsNone)
            return null;
        var content = new ReadOnlyMemoryContent(input.Bytes);
        if (input.ContentType.Length > 0)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(input.ContentType);
        return content;
    }

    private Task<HttpAnswer> FetchAsync(string path, TimeSpan timeout, CancellationToken cancellationToken, int expected = 200) => transport.SendAsync(
        () => new HttpRequestMessage(HttpMethod.Get, Relative(path)), Repeat.Always, timeout, cancellationToken, expected);

    private static Uri Relative(string path) => new(path, UriKind.Relative);
}
