using System.Runtime.CompilerServices;
using Hearth.Api.Cluster;
using Hearth.Api.Functions;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Queues;
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
    FunctionRegistry functions, QueueEndpoints queues, IClusterView cluster, HealthEndpoints health, JobList list, TimeProvider clock)
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
