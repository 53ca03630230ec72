using Hearth.Api.OpenApi;

namespace Hearth.Api.Jobs.Workers;

/// <summary>The routes of workers outside.</summary>
internal sealed class WorkerRoutes(WorkerEndpoints workers)
{
    private static readonly string[] Notations = ["application/json", "application/xml"];

    public IReadOnlyList<ApiRoute> Table() =>
    [
        new("POST", "/v1/queues/{queue}/lease", "leaseJobs", "Jobs for a worker outside, which has them until its lease runs out", workers.LeaseAsync)
        {
            Body = Notations,
            BodySchema = WorkerSchemas.Lease,
            Answers = new Dictionary<int, string> { [200] = "The jobs; none when none came within wait." },
            Document = typeof(LeasedJobsDocument),
        },
        new("POST", "/v1/queues/{queue}/heartbeat", "renewLeases", "Renew the leases of a worker outside", workers.HeartbeatAsync)
        {
            Body = Notations,
            BodySchema = WorkerSchemas.Heartbeat,
            Answers = new Dictionary<int, string> { [200] = "For each job until when its lease stands now, or that it is lost or cancelled." },
            Document = typeof(RenewedManyDocument),
        },
        new("POST", "/v1/queues/{queue}/complete", "completeJobs", "Tell how the attempts of a worker outside went", workers.CompleteAsync)
        {
            Body = Notations,
            BodySchema = WorkerSchemas.Complete,
            Answers = new Dictionary<int, string> { [200] = "Of one: accepted or lost. Of an array: jobs, in its order." },
        },
    ];
}
