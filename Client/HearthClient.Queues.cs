using System.Net.Http.Headers;
using Hearth.Client.Http;

namespace Hearth.Client;

public sealed partial class HearthClient
{
    /// <inheritdoc/>
    public async Task<QueueInfo> GetQueueAsync(string name, CancellationToken cancellationToken = default) =>
        Queue(await FetchAsync(Paths.Of("queues", name), options.RequestTimeout, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public Task<QueueInfo> PutQueueAsync(string name, object definition, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        ChangeQueueAsync(HttpMethod.Put, Paths.Of("queues", name), Payload.Of(definition), ifMatch, cancellationToken);

    /// <inheritdoc/>
    public Task<QueueInfo> PatchQueueAsync(string name, object patch, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        ChangeQueueAsync(HttpMethod.Patch, Paths.Of("queues", name), Payload.Of(patch), ifMatch, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteQueueAsync(string name, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        SendQueueAsync(HttpMethod.Delete, Paths.Of("queues", name), Payload.None, ifMatch, cancellationToken);

    /// <inheritdoc/>
    public Task<QueueInfo> PauseQueueAsync(string name, CancellationToken cancellationToken = default) =>
        ChangeQueueAsync(HttpMethod.Post, Paths.Of("queues", name, "pause"), Payload.None, null, cancellationToken);

    /// <inheritdoc/>
    public Task<QueueInfo> ResumeQueueAsync(string name, CancellationToken cancellationToken = default) =>
        ChangeQueueAsync(HttpMethod.Post, Paths.Of("queues", name, "resume"), Payload.None, null, cancellationToken);

    /// <inheritdoc/>
    public Task<QueueInfo> EndBackOffAsync(string name, CancellationToken cancellationToken = default) =>
        ChangeQueueAsync(HttpMethod.Delete, Paths.Of("queues", name, "back-off"), Payload.None, null, cancellationToken);

    private async Task<QueueInfo> ChangeQueueAsync(HttpMethod method, string path, Payload body, string? ifMatch, CancellationToken cancellationToken) =>
        Queue(await SendQueueAsync(method, path, body, ifMatch, cancellationToken).ConfigureAwait(false));

    /// <summary>One that depends on an ETag is not repeated when it may have been done: the second try would be refused because of the first.</summary>
    private Task<HttpAnswer> SendQueueAsync(HttpMethod method, string path, Payload body, string? ifMatch, CancellationToken cancellationToken) => transport.SendAsync(
        () =>
        {
            var request = new HttpRequestMessage(method, Relative(path)) { Content = body.IsNone ? null : Content(body) };
            if (ifMatch is not null)
                request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{ifMatch}\""));
            return request;
        },
        ifMatch is null ? Repeat.Always : Repeat.OnlyIfNotDone, options.RequestTimeout, cancellationToken);

    private QueueInfo Queue(HttpAnswer answer) => answer.Read(ClientJson.Default.QueueInfo, options.Endpoint) with { ETag = answer.ETag };
}
