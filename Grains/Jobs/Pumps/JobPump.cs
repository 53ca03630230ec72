using System.Collections.Concurrent;
using System.Diagnostics;
using Hearth.Cluster;
using Hearth.Functions;
using Hearth.Functions.Runs;
using Hearth.Observability;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// Runs jobs on this silo. (1) A shard rings for a function; (2) the function's pump leases as many jobs as it has free slots; (3) each runs
/// straight through the function's runner; (4) results go back to whoever owns the shard then, until they are acknowledged.
/// </summary>
internal sealed partial class JobPump : IDisposable
{
    private static readonly TimeSpan DeliveryMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CancelKept = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan WakeAfter = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, ShardLink> links = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FunctionPump> functions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<JobId, long> cancelled = new();
    private readonly ConcurrentQueue<(JobId Id, long At)> cancels = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly PumpGate gate = new();
    private readonly SuspectPump suspects;
    private readonly JobRunner runner;
    private readonly IGrainFactory grains;
    private readonly IClusterView cluster;
    private readonly JobsOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly Func<bool> mayBegin;
    private readonly Func<DateTimeOffset> now;
    private volatile bool handsBack;
    private long calls;
    private volatile TaskCompletionSource mayStart = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JobPump(JobRunner runner, IGrainFactory grains, IClusterView cluster, JobsOptions options, TimeProvider clock, ILogger<JobPump> logger)
    {
        (this.runner, this.grains, this.cluster, this.options, this.clock, this.logger) = (runner, grains, cluster, options, clock, logger);
        mayBegin = () => this.cluster.MayStartJobs;
        now = () => this.runner.Now;
        suspects = new SuspectPump(runner, gate, this, clock, logger);
        Stopping = stopping.Token;
        runner.Changed += RingAllSuspects;
        cluster.Changed += OnClusterChanged;
    }

    /// <summary>Fires when nothing new may start.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>A shard has ready jobs of a function.</summary>
    public void Ring(string shard, string function, bool isRemote = false)
    {
        var pump = functions.TryGetValue(function, out var known)
            ? known
            : functions.GetOrAdd(function, static (name, self) => new FunctionPump(name, self.runner, self.gate, self, self.clock, self.logger), this);
        pump.Ring(LinkOf(shard), isRemote);
    }

    /// <summary>A shard has jobs that may have killed a silo.</summary>
    public void RingSuspects(string shard)
    {
        var link = LinkOf(shard);
        link.HasSuspects = true;
        suspects.Ring(link);
    }

    /// <summary>The attempts of a shard that are here, for its new owner (<see cref="ShardLink.HeldFor"/>).</summary>
    public HeldAttempt[] HeldOf(string shard, long epoch) => LinkOf(shard).HeldFor(epoch);

    /// <summary>Whether jobs of a shard that call for a function run on this silo: it carries the pool of the function, or else of the queue.</summary>
    public bool Carries(ShardLink shard, ServedFunction function) =>
        cluster.Current.Find(cluster.Self)?.Pools.Contains(function.Options.Pool ?? PoolPlacement.PoolOf(shard.Key), StringComparer.Ordinal) == true;

    /// <summary>The name of the next call for jobs.</summary>
    public PumpCall NextCall() => new(cluster.Self, Interlocked.Increment(ref calls));

    /// <summary>Completes when this silo may start jobs: its lease stands.</summary>
    public Task MayStartAsync() => cluster.MayStartJobs ? Task.CompletedTask : MayStartLaterAsync();

    /// <summary>A shard's activation is given up: another has to begin, or its open jobs would wait until somebody calls.</summary>
    public void Wake(string shard)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            _ = Task.Run(() => WakeAsync(LinkOf(shard)));
    }

    /// <summary>Cuts off a running job that has been cancelled; one that is just being leased does not start.</summary>
    public void Cancel(string shard, JobId id)
    {
        var now = clock.GetTimestamp();
        cancelled[id] = now;
        cancels.Enqueue((id, now));
        LinkOf(shard).CutOff(id);
        while (cancels.TryPeek(out var old) && clock.GetElapsedTime(old.At, now) > CancelKept && cancels.TryDequeue(out old))
            cancelled.TryRemove(old.Id, out _);
    }

    /// <summary>Runs an attempt in a slot, inside the gate.</summary>
    public void Start(ShardLink shard, in JobLease lease, FunctionRun run)
    {
        if (!cluster.MayStartJobs)
        {
            shard.Ended(Returned(lease));
            Leave(run);
        }
        else if (shard.TryStart(lease, run))
            _ = RunAsync(shard, lease, run);
        else
            Leave(run);
    }

    /// <summary>
    /// Starts nothing more, lets what runs end for <see cref="JobsOptions.StopGrace"/>, then cuts it off and hands it back: at no cost for
    /// the job.
    /// </summary>
    public async Task StopAsync()
    {
        gate.Shut();
        await stopping.CancelAsync();
        if (!await InTimeAsync(gate.EmptyAsync(), options.StopGrace))
        {
            handsBack = true;
            foreach (var link in links.Values)
                link.CutOff();
            await InTimeAsync(gate.EmptyAsync(), DeliveryMax);
        }

        await InTimeAsync(Task.WhenAll(links.Values.Select(link => link.DrainAsync())), DeliveryMax);
    }

    public void Dispose()
    {
        runner.Changed -= RingAllSuspects;
        cluster.Changed -= OnClusterChanged;
        stopping.Dispose();
    }

    /// <summary>One asynchronous method for a run from start to end: each would allocate, for each job.</summary>
    private async Task RunAsync(ShardLink shard, JobLease lease, FunctionRun run)
    {
        Activity? span = null;
        try
        {
            if (IsUnwanted(lease.Id))
            {
                shard.Ended(Returned(lease));
                return;
            }

            var started = runner.Now;
            span = JobTrace.Start(lease, shard.Key);
            if (runner.TryStart(lease, run, shard, started, out var ended) is { } refused)
            {
                End(shard, lease, span, refused);
                return;
            }

            HearthMetrics.Started(lease, started);
            // Cancelled between the look before the start and the start.
            if (IsUnwanted(lease.Id))
                shard.CutOff(lease.Id);
            if (run.IsStreaming)
            {
                var streamed = await runner.StreamAsync(lease, run, started, ended);
                End(shard, lease, span, WithLog(run, HandedBack(lease, run, streamed)));
                return;
            }

            var outcome = await ended;
            End(shard, lease, span, WithLog(run, HandedBack(lease, run, runner.Finish(lease, run, started, outcome))));
        }
        finally
        {
            Leave(run);
        }
    }

    private static void End(ShardLink shard, in JobLease lease, Activity? span, in JobResult result)
    {
        HearthMetrics.Attempted(lease.Spec.Function, result.Outcome);
        JobTrace.End(span, result);
        shard.Ended(result);
    }

    /// <summary>Nothing that the function says from here is heard.</summary>
    private static JobResult WithLog(FunctionRun run, in JobResult result) => run.Context.Voice?.End() is { } log
        ? result with { Extras = (result.Extras ?? AttemptExtras.None) with { Log = log } }
        : result;

    /// <summary>What the stop of the silo, or the loss of its lease, has cut off costs the job nothing.</summary>
    private JobResult HandedBack(in JobLease lease, FunctionRun run, in JobResult result) => run.HasNotBegun
        || (handsBack || !cluster.MayStartJobs) && result.ErrorType == "cancelled"
        ? Returned(lease) with { StartedAt = result.StartedAt, EndedAt = result.EndedAt }
        : result;

    private void Leave(FunctionRun run)
    {
        run.Release();
        gate.Leave(1);
    }

    private async Task WakeAsync(ShardLink shard)
    {
        while (!Stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(WakeAfter, clock, Stopping);
                await shard.Shard.WakeAsync();
                return;
            }
            catch (Exception e) when (!Stopping.IsCancellationRequested)
            {
                LogNotWoken(logger, shard.Key, e);
            }
            catch (OperationCanceledException)
            {
                return; // the silo stops
            }
        }
    }

    private async Task MayStartLaterAsync()
    {
        while (true)
        {
            var changed = mayStart.Task;
            if (cluster.MayStartJobs)
                return;
            await changed.WaitAsync(Stopping);
        }
    }

    private void OnClusterChanged() => Interlocked.Exchange(ref mayStart, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private bool IsUnwanted(JobId id) => handsBack || (!cancelled.IsEmpty && cancelled.ContainsKey(id));

    /// <summary>An attempt that did not start.</summary>
    public static JobResult Returned(in JobLease lease) => new(lease.Id, lease.Attempt, AttemptOutcome.Returned, default, default);

    private ShardLink LinkOf(string shard) => links.TryGetValue(shard, out var known)
        ? known
        : links.GetOrAdd(shard, static (key, self) => new ShardLink(key, self.grains.GetGrain<IShardGrain>(key), self.mayBegin, self.now, self.clock, self.logger), this);

    private void RingAllSuspects()
    {
        foreach (var link in links.Values)
        {
            if (link.HasSuspects)
                suspects.Ring(link);
        }
    }

    private async Task<bool> InTimeAsync(Task task, TimeSpan max)
    {
        try
        {
            await task.WaitAsync(max, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Shard {Shard} could not be woken; trying again")]
    private static partial void LogNotWoken(ILogger logger, string shard, Exception error);
}
