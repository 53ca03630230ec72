using Hearth.Api.Calls;
using Hearth.Api.Cluster;
using Hearth.Api.Functions;
using Hearth.Api.Jobs;
using Hearth.Api.Jobs.Queues;
using Hearth.Api.Jobs.Workers;
using Hearth.Api.Objects;
using Hearth.Api.OpenApi;
using Hearth.Api.Schedules;
using Hearth.Cluster;
using Hearth.Hosting;
using Hearth.Observability;
using Hearth.WebConsole;

namespace Hearth.Api;

/// <summary>Every route of Hearth's own, in one table.</summary>
internal sealed class ApiRoutes(
    CallEndpoint calls, FunctionEndpoints functions, JobRoutes jobs, QueueRoutes queues, WorkerRoutes workers, ObjectRoutes objects, ClusterRoutes cluster,
    ScheduleRoutes schedules, HealthEndpoints health, MetricsEndpoint metrics, StartPage page, SiloIdentity self, IServiceProvider services)
{
    private static readonly ApiParameter Preference = new(
        "header", "Prefer", "respond-async: run it as a durable job and answer 202 at once. wait=10: as a job, and answer with the result if it ends within 10 seconds.");

    private static readonly ApiParameter IdempotencyKeyHeader = new(
        "header", "Idempotency-Key", "For jobs: for 24 hours the same key and request give the same job.");

    public IReadOnlyList<ApiRoute> All { get; private set; } = [];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        // A silo without a front end tells its health and its metrics, and serves nothing else.
        All = self.Roles.HasFlag(SiloRoles.Frontend) ? Table() : [.. Table().Where(IsOfEverySilo)];
        foreach (var route in All)
            endpoints.MapMethods(route.Pattern, [route.Method], route.Handler);
    }

    private static bool IsOfEverySilo(ApiRoute route) =>
        route.Pattern == "/metrics" || route.Pattern.StartsWith("/health/", StringComparison.Ordinal);

    private IReadOnlyList<ApiRoute> Table() =>
    [
        new("GET", "/", "startPage", "The start page: what is served, to try in the browser", page.ServeAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The page." }, ContentTypes = ["text/html"],
        },
        new("GET", "/health/live", "live", "Whether the process answers", health.LiveAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "It does." },
        },
        new("GET", "/health/ready", "ready", "Whether calls and jobs can be served", health.ReadyAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "They can; reasons say what is degraded.", [503] = "They cannot; reasons say why." },
        },
        new("GET", "/metrics", "metrics", "What this silo counts and measures, for Prometheus", metrics.ServeAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "Prometheus' text format." }, ContentTypes = ["text/plain"],
        },
        new("GET", "/openapi/v1.json", "openApi", "This document", http => services.GetRequiredService<OpenApiEndpoint>().ServeAsync(http))
        {
            Answers = new Dictionary<int, string> { [200] = "OpenAPI 3.1." }, ContentTypes = ["application/json"],
        },
        new("GET", "/v1/functions", "listFunctions", "The functions served, with schemas, examples, limits and usage", functions.ListAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The functions." },
        },
        new("GET", "/v1/functions/{name}", "showFunction", "One function", functions.ShowAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The function." },
        },
        new("POST", "/v1/functions/{name}/call", "call", "Call a function, or submit the call as a job", calls.HandleAsync)
        {
            Body = ["*/*"],
            Parameters = [Preference, IdempotencyKeyHeader],
            ContentTypes = ["*/*"],
            Answers = new Dictionary<int, string>
            {
                [200] = "The output.", [202] = "The job; Location says where to follow it.", [204] = "The function has no output.",
            },
        },
        .. jobs.Table(),
        .. queues.Table(),
        .. workers.Table(),
        .. cluster.Table(),
        .. objects.Table(),
        .. schedules.Table(),
    ];
}
