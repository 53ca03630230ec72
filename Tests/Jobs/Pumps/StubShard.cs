using System.Collections.Concurrent;
using Hearth.Jobs;
using Orleans;
using Orleans.Runtime;

namespace Hearth.Tests.Jobs.Pumps;

/// <summary>A shard that does what a test says; it is its own factory.</summary>
internal sealed class StubShard : IShardGrain, IGrainFactory
{
    private int leases;
    private int completions;

    /// <summary>Answers a lease: by function, and how many are asked for.</summary>
    public Func<string, int, Task<JobLease[]>> Lease { get; set; } = (_, _) => Task.FromResult<JobLease[]>([]);

    public Func<Task<JobLease?>> LeaseSuspect { get; set; } = () => Task.FromResult<JobLease?>(null);

    public Func<JobResult[], Task> Complete { get; set; } = _ => Task.CompletedTask;

    public ConcurrentQueue<JobResult> Completed { get; } = new();

    /// <summary>How often it was asked for jobs.</summary>
    public int Leases => Volatile.Read(ref leases);

    public int Completions => Volatile.Read(ref completions);

    public Task<JobLease[]> LeaseAsync(string function, int max)
    {
        Interlocked.Increment(ref leases);
        return Lease(function, max);
    }

    public Task<JobLease?> LeaseSuspectAsync(IReadOnlyCollection<string> functions) => LeaseSuspect();

    public async Task CompleteAsync(JobResult[] results)
    {
        Interlocked.Increment(ref completions);
        await Complete(results);
        foreach (var result in results)
            Completed.Enqueue(result);
    }

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey => (TGrainInterface)(object)this;

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => this;

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable => (TGrainInterface)(object)this;

    public Task<JobSubmitted> SubmitAsync(JobSpec job, JobKey? key = null) => throw new NotSupportedException();

    public Task<JobsSubmitted> SubmitManyAsync(JobSpec[] jobs, JobKey? key = null) => throw new NotSupportedException();

    public Task<ActOutcome> RedriveAsync(JobId id, JobKey? key = null) => throw new NotSupportedException();

    public Task<ActOutcome> CancelAsync(JobId id) => throw new NotSupportedException();

    public Task<OpenJobView[]> OpenAsync(JobId[] ids) => throw new NotSupportedException();

    public Task<OpenJobView[]> ListOpenAsync(OpenJobFilter filter) => throw new NotSupportedException();

    public Task<ShardDepth> DepthAsync() => throw new NotSupportedException();

    public Task WaitAsync(JobId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ChangeAsync(JobId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ReadInboxAsync() => throw new NotSupportedException();

    public Task WakeAsync() => Task.CompletedTask;
}
