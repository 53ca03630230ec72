using System.Runtime.CompilerServices;
using Hearth.Client.Http;

namespace Hearth.Client;

public sealed partial class HearthClient
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<Job> QueryAsync(JobQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var path = Paths.Of("jobs");
        for (var page = path.Query((query ?? new JobQuery()).Conditions()); ;)
        {
            var found = (await FetchAsync(page, options.RequestTimeout, cancellationToken).ConfigureAwait(false)).Read(ClientJson.Default.JobPage, options.Endpoint);
            foreach (var job in found.Jobs)
                yield return job;
            if (found.Next is null)
                yield break;
            page = Paths.Follow(path, found.Next);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StateInfo> ListStatesAsync(
        string name, string? prefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var path = Paths.Of("objects", name);
        for (var page = path.Query([new("prefix", prefix)]); ;)
        {
            var found = (await FetchAsync(page, options.RequestTimeout, cancellationToken).ConfigureAwait(false)).Read(ClientJson.Default.StatePage, options.Endpoint);
            foreach (var state in found.Keys)
                yield return state;
            if (found.Next is null)
                yield break;
            page = Paths.Follow(path, found.Next);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FunctionInfo>> ListFunctionsAsync(CancellationToken cancellationToken = default) =>
        (await FetchAsync(Paths.Of("functions"), options.RequestTimeout, cancellationToken).ConfigureAwait(false))
            .Read(ClientJson.Default.FunctionsDocument, options.Endpoint).Functions;

    /// <inheritdoc/>
    public async Task<FunctionInfo> GetFunctionAsync(string name, CancellationToken cancellationToken = default) =>
        (await FetchAsync(Paths.Of("functions", name), options.RequestTimeout, cancellationToken).ConfigureAwait(false))
            .Read(ClientJson.Default.FunctionInfo, options.Endpoint);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken = default) =>
        (await FetchAsync(Paths.Of("queues"), options.RequestTimeout, cancellationToken).ConfigureAwait(false))
            .Read(ClientJson.Default.QueuesDocument, options.Endpoint).Queues;

    /// <inheritdoc/>
    public async Task<QueueErrors> GetErrorsAsync(string queue, JobQuery? filter = null, CancellationToken cancellationToken = default)
    {
        var path = Paths.Of("queues", queue, "errors");
        var (errors, page) = (new ErrorPages(), path.Query((filter ?? new JobQuery()).ErrorConditions()));
        for (var pages = 1; ; pages++)
        {
            var found = (await FetchAsync(page, options.RequestTimeout, cancellationToken).ConfigureAwait(false)).Read(ClientJson.Default.ErrorPage, options.Endpoint);
            errors.Add(found.Errors);
            if (found.Next is null || pages == ErrorPages.PagesMax)
                return errors.ToErrors(queue, found.Next is not null);
            page = Paths.Follow(path, found.Next);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SiloInfo>> ListSilosAsync(CancellationToken cancellationToken = default) =>
        (await FetchAsync(Paths.Of("silos"), options.RequestTimeout, cancellationToken).ConfigureAwait(false))
            .Read(ClientJson.Default.SilosDocument, options.Endpoint).Silos;

    /// <inheritdoc/>
    public async Task<HealthInfo> GetHealthAsync(CancellationToken cancellationToken = default) =>
        (await FetchAsync("health/ready", options.RequestTimeout, cancellationToken, expected: 503).ConfigureAwait(false))
            .Read(ClientJson.Default.HealthInfo, options.Endpoint);
}
