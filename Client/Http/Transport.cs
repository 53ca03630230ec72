using System.Net.Http.Headers;

namespace Hearth.Client.Http;

/// <summary>
/// Requests: (1) address and key are added, (2) it is sent, with a limit of time, (3) what is no success is an exception, and (4) repeated where that does
/// no harm.
/// </summary>
internal sealed class Transport(Func<HttpClient> http, HearthClientOptions options, TimeProvider clock)
{
    private static readonly ProductInfoHeaderValue Agent = new("hearth-client", typeof(Transport).Assembly.GetName().Version?.ToString(3) ?? "0");

    public Uri Endpoint => options.Endpoint;

    /// <summary>Sends until there is an answer other than a passing trouble.</summary>
    /// <param name="request">Makes the request; once for each try.</param>
    /// <param name="repeat">Whether it may be sent again.</param>
    /// <param name="timeout">Of one try.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A success, or another status that is in <paramref name="expected"/>.</returns>
    /// <param name="expected">A status that is no error here.</param>
    public Task<HttpAnswer> SendAsync(
        Func<HttpRequestMessage> request, Repeat repeat, TimeSpan timeout, CancellationToken cancellationToken, int expected = 200) => RepeatRules.RunAsync(
        async tries => await TryAsync(request, timeout, expected, cancellationToken).ConfigureAwait(false) with { Tries = tries },
        repeat, options.RetryFor, clock, cancellationToken);

    /// <summary>Sends once, and gives the answer when its head has come; the body is the caller's.</summary>
    /// <exception cref="HearthException">There was no success.</exception>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(options.RequestTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            var response = await http().SendAsync(Prepare(request), HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return response;
            using var refused = response;
            var answer = await HttpAnswer.ReadAsync(response, clock, either.Token).ConfigureAwait(false);
            throw answer.Exception(Endpoint);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(e, options.RequestTimeout, timeUp.Token);
        }
    }

    private async Task<HttpAnswer> TryAsync(Func<HttpRequestMessage> create, TimeSpan timeout, int expected, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            using var request = Prepare(create());
            // Where a body is, the handler below does not send again by itself what it has begun to send.
            request.Content ??= request.Method == HttpMethod.Get ? null : new ByteArrayContent([]);
            using var response = await http().SendAsync(request, either.Token).ConfigureAwait(false);
            var answer = await HttpAnswer.ReadAsync(response, clock, either.Token).ConfigureAwait(false);
            return answer.IsSuccess || (int)answer.Status == expected ? answer : throw answer.Exception(Endpoint);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(e, timeout, timeUp.Token);
        }
    }

    private HttpRequestMessage Prepare(HttpRequestMessage request)
    {
        var prefix = Endpoint.AbsoluteUri.EndsWith('/') ? Endpoint : new Uri(Endpoint.AbsoluteUri + "/");
        request.RequestUri = new Uri(prefix, request.RequestUri!);
        request.Headers.UserAgent.Add(Agent);
        if (options.ApiKey is { } key)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return request;
    }

    /// <summary>What an exception of the connection means.</summary>
    private HearthUnreachableException Unreachable(Exception e, TimeSpan timeout, CancellationToken timeUp) => e switch
    {
        OperationCanceledException when timeUp.IsCancellationRequested =>
            new HearthUnreachableException(Endpoint, wasSent: true, $"no answer within {timeout.TotalSeconds:0.###} s.", e),
        OperationCanceledException => new HearthUnreachableException(Endpoint, wasSent: false, "the connection could not be made in time.", e),
        HttpRequestException error => new HearthUnreachableException(Endpoint, WasSent(error), Words(error), e),
        _ => new HearthUnreachableException(Endpoint, wasSent: true, "the connection was lost.", e),
    };

    private static bool WasSent(HttpRequestException error) => error.HttpRequestError is not (
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError);

    private static string Words(HttpRequestException error) => error.HttpRequestError switch
    {
        HttpRequestError.ConnectionError => (error.InnerException?.Message ?? error.Message).TrimEnd('.') + ".",
        HttpRequestError.NameResolutionError => "its name is not known.",
        HttpRequestError.ConfigurationLimitExceeded => "its answer is larger than this client reads.",
        HttpRequestError.SecureConnectionError => "no secure connection: " + (error.InnerException?.Message ?? error.Message),
        _ => "the connection was lost.",
    };
}
