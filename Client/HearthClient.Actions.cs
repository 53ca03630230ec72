using System.Net;
using Hearth.Client.Http;

namespace Hearth.Client;

public sealed partial class HearthClient
{
    /// <inheritdoc/>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        var path = Paths.Of("jobs", id, "delete");
        var answer = await transport.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, Relative(path)), Repeat.Always, options.RequestTimeout, cancellationToken, expected: 404).ConfigureAwait(false);
        // A try before this one may have deleted it, and its answer was lost.
        if (!answer.IsSuccess && !(answer.Status == HttpStatusCode.NotFound && answer.Tries > 1))
            throw answer.Exception(options.Endpoint);
    }

    /// <inheritdoc/>
    public async Task<JobCount> CountAsync(JobAction action, JobQuery filter, bool all = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var answer = await ActAsync(ActionWriter.Write(action, filter, all, dryRun: true), null, cancellationToken).ConfigureAwait(false);
        return answer.Read(ClientJson.Default.JobCount, options.Endpoint);
    }

    /// <inheritdoc/>
    public async Task<Job> ActAsync(JobAction action, JobQuery filter, bool all = false, string? key = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var answer = await ActAsync(ActionWriter.Write(action, filter, all, dryRun: false), key ?? JobWriter.NewKey(), cancellationToken).ConfigureAwait(false);
        return answer.Read(ClientJson.Default.Job, options.Endpoint);
    }

    private Task<HttpAnswer> ActAsync(ReadOnlyMemory<byte> order, string? key, CancellationToken cancellationToken) => transport.SendAsync(
        () =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, Relative(Paths.Of("jobs", "actions"))) { Content = Content(new Payload("application/json", order)) };
            if (key is not null)
                request.Headers.Add("Idempotency-Key", key);
            return request;
        },
        Repeat.Always, options.RequestTimeout, cancellationToken);
}
