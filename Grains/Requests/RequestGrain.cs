using Orleans.Concurrency;

namespace Hearth.Requests;

/// <summary>Answers requests on the silo that they come in at.</summary>
[StatelessWorker]
[Reentrant]
internal sealed class RequestGrain(IRequestHandler handler) : Grain, IRequestGrain
{
    public Task<ApiAnswer> SendAsync(ApiRequest request, CancellationToken cancellationToken) => handler.AnswerAsync(request, cancellationToken);
}

/// <summary>The API of this silo, without a connection.</summary>
public interface IRequestHandler
{
    /// <summary>Answers a request as the API does over HTTP.</summary>
    Task<ApiAnswer> AnswerAsync(ApiRequest request, CancellationToken cancellationToken);
}
