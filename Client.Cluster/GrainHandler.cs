using System.Net;
using Hearth.Requests;
using Orleans.Runtime;

namespace Hearth.Client.Cluster;

/// <summary>Carries the requests of <see cref="HearthClient"/> over grains instead of connections: to a silo that the engine picks.</summary>
internal sealed class GrainHandler(IGrainFactory grains) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = await ReadAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            // Any silo answers: the key only spreads the calls.
            var grain = grains.GetGrain<IRequestGrain>((Environment.CurrentManagedThreadId % 16).ToString(System.Globalization.CultureInfo.InvariantCulture));
            return ResponseTo(request, await grain.SendAsync(asked, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OrleansMessageRejectionException e) when (e is not SiloUnavailableException) // its silo died: it may have run
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "No silo takes the request now.", e);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "The silo that had the request is lost.", e);
        }
    }

    private static async Task<ApiRequest> ReadAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is { } content ? await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false) : [];
        if (body.Length > ApiRequest.BytesMax)
            throw new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, $"A request over grains has at most {ApiRequest.BytesMax >> 20} MiB: send it over HTTP.");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in request.Headers.NonValidated)
            headers[name] = values.ToString();
        if (request.Content is not null)
        {
            foreach (var (name, values) in request.Content.Headers.NonValidated)
                headers[name] = values.ToString();
        }

        return new ApiRequest(request.Method.Method, request.RequestUri!.PathAndQuery, headers, body);
    }

    private static HttpResponseMessage ResponseTo(HttpRequestMessage request, ApiAnswer answer)
    {
        var response = new HttpResponseMessage((HttpStatusCode)answer.Status) { RequestMessage = request, Content = new ReadOnlyMemoryContent(answer.Body) };
        foreach (var (name, value) in answer.Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
                response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }
}
