using Hearth.Client;

namespace Hearth.InProcess;

/// <summary>
/// <see cref="IHearthClient"/> for code inside a silo: the same promises, straight to functions, shards and objects. Inputs are read and mistakes worded by
/// the same code as the API's, so that both answer the same.
/// </summary>
internal sealed partial class InProcessClient(
    InProcessCalls calls, InProcessJobs jobs, InProcessObjects objects, InProcessLists lists, InProcessBulk bulk, InProcessQueues queues,
    InProcessSchedules schedules) : IHearthClient
{
    public Task<Payload> CallAsync(
        string function, Payload input, IReadOnlyDictionary<string, string>? parameters = null, CancellationToken cancellationToken = default) =>
        calls.CallAsync(function, input, parameters, cancellationToken);

    public Task<SubmittedJob> SubmitAsync(string queue, NewJob job, string? key = null, CancellationToken cancellationToken = default) =>
        jobs.SubmitAsync(queue, job, key, cancellationToken);

    public Task<IReadOnlyList<SubmittedJob>> SubmitManyAsync(
        string queue, IReadOnlyList<NewJob> many, string? key = null, CancellationToken cancellationToken = default) =>
        jobs.SubmitManyAsync(queue, many, key, cancellationToken);

    public Task<Job> GetAsync(string id, CancellationToken cancellationToken = default) => jobs.WaitAsync(id, TimeSpan.Zero, cancellationToken);

    public Task<Job> WaitAsync(string id, TimeSpan? atMost = null, CancellationToken cancellationToken = default) => jobs.WaitAsync(id, atMost, cancellationToken);

    public Task<Payload> ResultAsync(string id, CancellationToken cancellationToken = default) => jobs.ResultAsync(id, cancellationToken);

    public Task<Job> CancelAsync(string id, CancellationToken cancellationToken = default) => jobs.CancelAsync(id, cancellationToken);

    public Task<Job> RedriveAsync(string id, string? key = null, CancellationToken cancellationToken = default) => jobs.RedriveAsync(id, key, cancellationToken);

    public Task<JobTimeline> GetTimelineAsync(string id, CancellationToken cancellationToken = default) => lists.TimelineAsync(id, cancellationToken);

    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) => jobs.DeleteAsync(id, cancellationToken);

    public Task<JobCount> CountAsync(JobAction action, JobQuery filter, bool all = false, CancellationToken cancellationToken = default) =>
        bulk.CountAsync(action, filter, all, cancellationToken);

    public Task<Job> ActAsync(JobAction action, JobQuery filter, bool all = false, string? key = null, CancellationToken cancellationToken = default) =>
        bulk.ActAsync(action, filter, all, key, cancellationToken);

    public IAsyncEnumerable<Job> QueryAsync(JobQuery? query = null, CancellationToken cancellationToken = default) =>
        lists.QueryAsync(query ?? new JobQuery(), cancellationToken);

    public IAsyncEnumerable<JobEvent> EventsAsync(string id, string? after = null, CancellationToken cancellationToken = default) =>
        jobs.EventsAsync(id, after, cancellationToken);

    public IAsyncEnumerable<JobEvent> QueueEventsAsync(string queue, string? after = null, CancellationToken cancellationToken = default) =>
        jobs.QueueEventsAsync(queue, after, cancellationToken);

    public Task<Payload> OperateAsync(string name, string key, string operation, Payload input, CancellationToken cancellationToken = default) =>
        objects.OperateAsync(name, key, operation, input, cancellationToken);

    public Task<Payload?> GetStateAsync(string name, string key, CancellationToken cancellationToken = default) => objects.GetStateAsync(name, key, cancellationToken);

    public Task<bool> DeleteStateAsync(string name, string key, CancellationToken cancellationToken = default) => objects.DeleteStateAsync(name, key, cancellationToken);

    public IAsyncEnumerable<StateInfo> ListStatesAsync(string name, string? prefix = null, CancellationToken cancellationToken = default) =>
        objects.ListStatesAsync(name, prefix, cancellationToken);

    public Task<IReadOnlyList<FunctionInfo>> ListFunctionsAsync(CancellationToken cancellationToken = default) => Task.FromResult(lists.Functions());

    public Task<FunctionInfo> GetFunctionAsync(string name, CancellationToken cancellationToken = default) => Task.FromResult(lists.Function(name));

    public Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken = default) => lists.QueuesAsync(cancellationToken);

    public Task<QueueErrors> GetErrorsAsync(string queue, JobQuery? filter = null, CancellationToken cancellationToken = default) =>
        lists.ErrorsAsync(queue, filter ?? new JobQuery(), cancellationToken);

    public Task<QueueInfo> GetQueueAsync(string name, CancellationToken cancellationToken = default) => queues.GetAsync(name, cancellationToken);

    public Task<QueueInfo> PutQueueAsync(string name, object definition, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        queues.PutAsync(name, definition, ifMatch, cancellationToken);

    public Task<QueueInfo> PatchQueueAsync(string name, object patch, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        queues.PatchAsync(name, patch, ifMatch, cancellationToken);

    public Task DeleteQueueAsync(string name, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        queues.DeleteAsync(name, ifMatch, cancellationToken);

    public Task<QueueInfo> PauseQueueAsync(string name, CancellationToken cancellationToken = default) => queues.PauseAsync(name, true, cancellationToken);

    public Task<QueueInfo> ResumeQueueAsync(string name, CancellationToken cancellationToken = default) => queues.PauseAsync(name, false, cancellationToken);

    public Task<QueueInfo> EndBackOffAsync(string name, CancellationToken cancellationToken = default) => queues.EndBackOffAsync(name, cancellationToken);

    public Task<IReadOnlyList<SiloInfo>> ListSilosAsync(CancellationToken cancellationToken = default) => Task.FromResult(lists.Silos());

    public Task<HealthInfo> GetHealthAsync(CancellationToken cancellationToken = default) => lists.HealthAsync();
}
