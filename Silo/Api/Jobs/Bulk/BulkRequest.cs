using System.Text.Json;
using Hearth.Api.Jobs.Lists;
using Hearth.Api.Jobs.Submitting;
using Hearth.Api.Jobs.Workers;
using Hearth.Jobs.Bulk;

namespace Hearth.Api.Jobs.Bulk;

/// <summary>What is to be done to which jobs, as it was asked for.</summary>
/// <param name="Order">The same, checked.</param>
/// <param name="IsDryRun">Only to be counted.</param>
internal sealed record BulkRequest(BulkOrder Order, bool IsDryRun)
{
    /// <summary>Members of a request.</summary>
    public static readonly string[] Members = ["action", "filter", "dryRun", "all"];

    /// <summary>Members of its filter, which are conditions of <c>GET /v1/jobs</c>.</summary>
    public static readonly string[] Conditions = ["queue", "function", "state", "tag", "from", "to", "error"];

    private const string Actions = "must be cancel, redrive or delete";

    /// <exception cref="JobRejectedException">It is not as it has to be.</exception>
    public static BulkRequest Read(JsonElement body, bool isXml)
    {
        var fields = new WorkerFields(body, "", isXml, Members);
        var action = fields.Text("action") switch
        {
            null => throw fields.Missing("action", Actions),
            "cancel" => BulkAction.Cancel,
            "redrive" => BulkAction.Redrive,
            "delete" => BulkAction.Delete,
            _ => throw fields.Rejected("action", Actions),
        };
        var filter = fields.Has("filter") ? ReadFilter(fields["filter"], isXml) : new BulkFilter();
        var isForAll = fields.Flag("all");
        var isDryRun = fields.Flag("dryRun");
        if (filter.State is { } state && !BulkOrder.IsFor(action, state))
            throw fields.Rejected("filter.state", StatesOf(action));
        return filter != new BulkFilter() || isForAll
            ? new BulkRequest(new BulkOrder(action, filter), isDryRun)
            : throw fields.Rejected("filter", "needs a condition, such as {\"queue\": \"mail\"}; where all jobs are meant, add \"all\": true");
    }

    private static BulkFilter ReadFilter(JsonElement element, bool isXml)
    {
        var fields = new WorkerFields(element, "filter.", isXml, Conditions);
        var given = Conditions.Where(fields.Has).ToDictionary(name => name, name => new Microsoft.Extensions.Primitives.StringValues(fields.Text(name)));
        var (query, problem) = JobQuery.Read(new QueryCollection(given));
        return problem is null
            ? new BulkFilter(query.Queue, query.Function, query.State, query.Tag, query.From, query.To, query.Error)
            : throw new JobRejectedException(problem with { Field = "filter." + problem.Field });
    }

    private static string StatesOf(BulkAction action) => action switch
    {
        BulkAction.Cancel => "must be one in which a job can be cancelled: scheduled, ready, running or retrying; leave it out for all of these",
        BulkAction.Redrive => "must be failed, which it is when it is left out, or cancelled",
        _ => "must be one of ended jobs: succeeded, failed or cancelled; leave it out for all of these",
    };
}
