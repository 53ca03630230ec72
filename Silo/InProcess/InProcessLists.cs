using System.Runtime.CompilerServices;
using Hearth.Api.Cluster;
using Hearth.Api.Functions;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Queues;
using Hearth.Api.Jobs.Timeline;
using Hearth.Client;
using Hearth.Client.Http;
using Hearth.Cluster;
using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Observability;
using Asked = Hearth.Api.Jobs.Lists.JobQuery;

namespace Hearth.InProcess;

/// <summary>Lists, with the documents that the API shows.</summary>
internal sealed class InProcessLists(
    FunctionRegistry functions, QueueEndpoints queues, IClusterView cluster, HealthEndpoints health, JobList list,
    Jobs.Errors.ErrorCensus errors, ShardDirectory shards, TimelineEndpoint timelines, TimeProvider clock)
{
    public IReadOnlyList<FunctionInfo> Functions() =>
        [.. functions.Offered.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => Answering.Read<FunctionInfo>(FunctionDocument.From(f)))];

    public FunctionInfo Function(string name) => functions.FindOffered(name) is { } function
        ? Answering.Read<FunctionInfo>(FunctionDocument.From(function))
        : throw Problems.UnknownFunction(name, functions.Near(name)).ToException();

    public IReadOnlyList<SiloInfo> Silos() => [.. cluster.Current.Silos.Select(silo => Answering.Read<SiloInfo>(SiloDocument.From(silo, cluster.Self)))];

    public async Task<IReadOnlyList<QueueInfo>> QueuesAsync(CancellationToken cancellationToken) =>
    [
        .. (await Answering.AskAsync(
            () => queues.ReadAsync(null, new DefaultHttpContext { RequestAborted = cancellationToken }), Repeat.Always, clock, cancellationToken))
            .Select(Answering.Read<QueueInfo>),
    ];

    public async Task<HealthInfo> HealthAsync() => Answering.Read<HealthInfo>(await health.ReadAsync());

    public async Task<JobTimeline> TimelineAsync(string text, CancellationToken cancellationToken) =>
        JobId.TryParse(text, out var id) && await Answering.AskAsync(() => timelines.ReadAsync(id, cancellationToken), Repeat.Always, clock, cancellationToken) is { } found
            ? Answering.Read<JobTimeline>(found)
            : throw Problems.UnknownJob(text).ToException();

    public async Task<QueueErrors> ErrorsAsync(string queue, JobQuery filter, CancellationToken cancellationToken)
    {
        if (!QueueName.IsValid(queue) || await Answering.AskAsync(() => shards.ShardsAsync(queue, cancellationToken), Repeat.Always, clock, cancellationToken) is [])
            throw Problems.UnknownQueue(queue).ToException();
        var (asked, problem) = QueueErrorsEndpoint.Read(queue, new QueryCollection(filter.ErrorConditions().Where(c => c.Value is not null)
            .ToDictionary(c => c.Key, c => new Microsoft.Extensions.Primitives.StringValues(c.Value), StringComparer.Ordinal)));
        if (problem is not null)
            throw problem.ToException();
        var (pages, wanted) = (new ErrorPages(), asked.ToFilter());
        for (var count = 1; ; count++)
        {
            var found = await Answering.AskAsync(() => errors.ReadAsync(queue, wanted, cancellationToken), Repeat.Always, clock, cancellationToken);
            pages.Add(found.Groups.Select(Answering.Read<ErrorGroup>));
            if (found.Next is not { } below || count == ErrorPages.PagesMax)
                return pages.ToErrors(queue, found.Next is not null);
            wanted = wanted with { Below = below };
        }
    }

    public async IAsyncEnumerable<Job> QueryAsync(JobQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (asked, problem) = Asked.Read(new QueryCollection(query.Conditions().Where(c => c.Value is not null)
            .ToDictionary(c => c.Key, c => new Microsoft.Extensions.Primitives.StringValues(c.Value), StringComparer.Ordinal)));
        if (problem is not null)
            throw problem.ToException();
        for (var filter = asked.ToFilter(); ;)
        {
            var page = await Answering.AskAsync(() => list.PageAsync(asked.Queue, filter, asked.State, cancellationToken), Repeat.Always, clock, cancellationToken);
            foreach (var (job, queue) in page.Jobs)
                yield return InProcessJobs.Of(job, queue);
            if (page.Next is not { } below)
                yield break;
            filter = filter with { Below = below };
        }
    }
}
