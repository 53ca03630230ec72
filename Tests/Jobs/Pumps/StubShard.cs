using System.Collections.Concurrent;
using System.Reflection;
using Hearth.Jobs;
using Orleans;

namespace Hearth.Tests.Jobs.Pumps;

/// <summary>A shard that does what a test says.</summary>
internal sealed class StubShard : IShardGrain
{
    private int leases;
    private int completions;

    /// <summary>Answers a lease: by function, and how many are asked for.</summary>
    public Func<string, int, Task<JobLease[]>> Lease { get; set; } = (_, _) => Task.FromResult<JobLease[]>([]);

    public Func<Task<JobLease?>> LeaseSuspect { get; set; } = () => Task.FromResult<JobLease?>(null);

    public Action<IReadOnlyCollection<string>> SuspectsAsked { get; set; } = _ => { };

    /// <summary>How often it does not hear what it is to take back.</summary>
    public int DisownFailures { get; set; }

    public Func<JobResult[], Task> Complete { get; set; } = _ => Task.CompletedTask;

    public ConcurrentQueue<JobResult> Completed { get; } = new();

    /// <summary>How often it was asked for jobs.</summary>
    public int Leases => Volatile.Read(ref leases);

    public int Completions => Volatile.Read(ref completions);

    public Task<JobLease[]> LeaseAsync(string function, int max, PumpCall pump)
    {
        Interlocked.Increment(ref leases);
        return Lease(function, max);
    }

    public Task<JobLease?> LeaseSuspectAsync(IReadOnlyCollection<string> functions, PumpCall pump)
    {
        SuspectsAsked(functions);
        return LeaseSuspect();
    }

    public async Task CompleteAsync(JobResult[] results)
    {
        Interlocked.Increment(ref completions);
        await Complete(results);
        foreach (var result in results)
            Completed.Enqueue(result);
    }

    public Task<JobSubmitted> SubmitAsync(JobSpec job, JobKey? key = null) => throw new NotSupportedException();

    public Task<JobsSubmitted> SubmitManyAsync(JobSpec[] jobs, JobKey? key = null) => throw new NotSupportedException();

    public Task<JobsSubmitted> SubmitPartAsync(JobSpec[] jobs, int[] places, JobKey key) => throw new NotSupportedException();

    public Task<ActOutcome> RedriveAsync(JobId id, JobKey? key = null) => throw new NotSupportedException();

    public Task<ActOutcome> CancelAsync(JobId id) => throw new NotSupportedException();

    public Task<OpenJobView[]> OpenAsync(JobId[] ids) => throw new NotSupportedException();

    public Task<OpenJobView[]> ListOpenAsync(OpenJobFilter filter) => throw new NotSupportedException();

    public Task EndBackOffAsync() => throw new NotSupportedException();

    public Task<ShardDepth> DepthAsync() => throw new NotSupportedException();

    public Task WaitAsync(JobId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ChangeAsync(JobId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<TailPage> TailAsync(long after, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ReadInboxAsync() => throw new NotSupportedException();

    /// <summary>What it was told to take back.</summary>
    public ConcurrentQueue<(string? Function, PumpCall Last, HeldAttempt[] Held)> Disowned { get; } = new();

    public Task DisownAsync(string? function, PumpCall last, HeldAttempt[] held)
    {
        if (DisownFailures-- > 0)
            throw new TimeoutException();
        Disowned.Enqueue((function, last, held));
        return Task.CompletedTask;
    }

    public Task<OutsideJob[]> LeaseOutsideAsync(OutsideAsk ask) => throw new NotSupportedException();

    public Task ReadyOutsideAsync(IReadOnlyList<string> functions, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<DateTimeOffset?[]> RenewOutsideAsync(HeldAttempt[] held, TimeSpan lease) => throw new NotSupportedException();

    public Task<bool[]> CompleteOutsideAsync(JobResult[] results) => throw new NotSupportedException();

    public Task ProgressAsync(JobId id, int attempt, JobProgress progress) => throw new NotSupportedException();

    public Task<bool> SaveDetailAsync(JobId id, int attempt, string detail) => throw new NotSupportedException();

    public Task<string?> ReadDetailAsync(JobId id) => throw new NotSupportedException();

    public Task ReconfigureAsync() => throw new NotSupportedException();

    public Task<bool> EndReplacedAsync(JobId id) => throw new NotSupportedException();

    public Task RetireAsync() => throw new NotSupportedException();

    public Task<StartsGrant> AskStartsAsync(StartsAsk ask) => throw new NotSupportedException();

    public Task<StartsAsk> MeetKeeperAsync(string keeper, long epoch) => throw new NotSupportedException();

    public Task StartsFreedAsync() => throw new NotSupportedException();

    public Task WakeAsync() => Task.CompletedTask;
}

/// <summary>A factory of what a test made, whatever the key: the engines' interfaces have not the same members.</summary>
public class StubGrainFactory : DispatchProxy
{
    private object[] grains = [];

    /// <summary>Answers with the first of them that has the interface which is asked for.</summary>
    public static IGrainFactory Of(params object[] grains)
    {
        var factory = Create<IGrainFactory, StubGrainFactory>();
        ((StubGrainFactory)(object)factory).grains = grains;
        return factory;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Array.Find(grains, targetMethod!.ReturnType.IsInstanceOfType);
}
