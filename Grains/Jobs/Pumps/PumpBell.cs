using System.Collections.Concurrent;
using Hearth.Cluster;
using Hearth.Functions;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// The way from a shard to the pumps of its pool. This silo's is rung at once; the others only when the jobs are still there a moment later,
/// or when this silo does not run them: work prefers the process that it is in.
/// </summary>
internal sealed partial class PumpBell : IDisposable
{
    private static readonly TimeSpan LocalFirst = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CancelMax = TimeSpan.FromSeconds(10);

    /// <summary>No pool has this name.</summary>
    private const string AnyPool = "";

    private readonly ConcurrentQueue<(string Shard, FunctionQueue Queue)> later = new();
    private readonly ConcurrentDictionary<FunctionQueue, string> left = new();
    private readonly ConcurrentDictionary<(string Shard, string Function), bool> notRung = new();
    private readonly JobPump local;
    private readonly IClusterView cluster;
    private readonly FunctionRegistry functions;
    private readonly IGrainFactory grains;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private volatile Routes routes = new(-1, new(StringComparer.Ordinal));
    private int isWaiting;
    private int isLooking;

    public PumpBell(
        JobPump local, IClusterView cluster, FunctionRegistry functions, IGrainFactory grains, TimeProvider clock, ILogger<PumpBell> logger)
    {
        (this.local, this.cluster, this.functions, this.grains, this.clock, this.logger) = (local, cluster, functions, grains, clock, logger);
        functions.Changed += RingThoseRunHereNow;
    }

    public void Dispose() => functions.Changed -= RingThoseRunHereNow;

    /// <summary>A shard has ready jobs of a function.</summary>
    public void Ring(string shard, FunctionQueue queue)
    {
        if (IsExternal(shard, queue.Function))
            return;
        var route = RouteOf(shard, queue.Function);
        if (route.IsLocal)
            local.Ring(shard, queue.Function);
        if (route.Others.Length == 0 || !queue.TryMarkForOthers())
            return;
        later.Enqueue((shard, queue));
        if (Interlocked.Exchange(ref isWaiting, 1) != 0)
            return;
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            _ = Task.Run(() => RingOthersAsync(route.IsLocal ? LocalFirst : TimeSpan.Zero));
    }

    /// <summary>A shard has jobs that may have killed a silo.</summary>
    /// <returns>Whether others were rung, and have to be again while there are any: a ring may be lost.</returns>
    public bool RingSuspects(string shard, string function)
    {
        if (IsExternal(shard, function))
            return false;
        var route = RouteOf(shard, function);
        if (route.IsLocal)
            local.RingSuspects(shard);
        if (route.IsLocal && functions.Find(function) is not null)
            return false;
        foreach (var silo in route.Others)
            _ = grains.GetGrain<IPumpGrain>(silo).RingSuspectsAsync(shard);
        return route.Others.Length > 0;
    }

    /// <summary>
    /// A running job has been cancelled. Completes when its silo knows, so that an attempt which is on its way there does not start, or has gone;
    /// at last after 10 s.
    /// </summary>
    public async Task CancelAsync(string shard, JobId id, string holder)
    {
        if (holder == cluster.Self)
        {
            local.Cancel(shard, id);
            return;
        }

        var since = clock.GetTimestamp();
        while (cluster.Current.Find(holder) is not null && clock.GetElapsedTime(since) < CancelMax)
        {
            try
            {
                await grains.GetGrain<IPumpGrain>(holder).CancelAsync(shard, id).WaitAsync(CancelMax, clock);
                return;
            }
            catch (Exception e)
            {
                LogNotCancelled(logger, silo: holder, id, e.Message);
                await Task.Delay(AskAgain, clock);
            }
        }
    }

    /// <summary>A shard's activation ends.</summary>
    public void Forget(IEnumerable<FunctionQueue> queues)
    {
        foreach (var queue in queues)
        {
            // It may be on its way to the pumps just now.
            queue.Clear();
            left.TryRemove(queue, out _);
        }
    }

    /// <summary>A shard's activation has given up.</summary>
    public void Wake(string shard) => local.Wake(shard);

    /// <summary>The attempts of a shard that are anywhere; waits for silos that do not answer until they do, or are gone.</summary>
    public async Task<Dictionary<JobId, (int Attempt, string Silo)>> HeldOfAsync(string shard, long epoch, CancellationToken cancellationToken)
    {
        // A view without this silo is from before it came, and may lack others.
        while (cluster.Current.Find(cluster.Self) is null)
            await Task.Delay(AskAgain, clock, cancellationToken);
        var held = local.HeldOf(shard, epoch).ToDictionary(run => run.Id, run => (run.Attempt, cluster.Self));
        var others = cluster.Current.Silos.Where(silo => silo.Id != cluster.Self && silo.Roles.HasFlag(SiloRoles.Worker));
        foreach (var (silo, attempts) in await Task.WhenAll(others.Select(silo => HeldOfAsync(silo.Id, shard, epoch, cancellationToken))))
        {
            foreach (var run in attempts)
            {
                // Two have it only if one of them was given up before: the later attempt is the one that counts.
                if (!held.TryGetValue(run.Id, out var other) || other.Attempt < run.Attempt)
                    held[run.Id] = (run.Attempt, silo);
            }
        }

        return held;
    }

    /// <summary>Whether workers outside run it. Should silos run it later, they are to be rung then.</summary>
    private bool IsExternal(string shard, string function)
    {
        if (functions.Find(function) is not { IsExternal: true })
            return false;
        notRung.TryAdd((shard, function), true);
        return true;
    }

    private void RingThoseRunHereNow()
    {
        foreach (var (shard, function) in notRung.Keys)
        {
            if (functions.Find(function) is { IsExternal: true } || !notRung.TryRemove((shard, function), out _))
                continue;
            local.Ring(shard, function);
            local.RingSuspects(shard);
            foreach (var silo in RouteOf(shard, function).Others)
            {
                _ = grains.GetGrain<IPumpGrain>(silo).RingAsync([new PumpRing(shard, function)]);
                _ = grains.GetGrain<IPumpGrain>(silo).RingSuspectsAsync(shard);
            }
        }
    }

    private async Task<(string Silo, HeldAttempt[] Attempts)> HeldOfAsync(string silo, string shard, long epoch, CancellationToken cancellationToken)
    {
        while (cluster.Current.Find(silo) is not null)
        {
            try
            {
                return (silo, await grains.GetGrain<IPumpGrain>(silo).HeldOfAsync(shard, epoch).WaitAsync(cancellationToken));
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotAsked(logger, silo, shard, e.Message);
                await Task.Delay(AskAgain, clock, cancellationToken);
            }
        }

        return (silo, []);
    }

    private async Task RingOthersAsync(TimeSpan wait)
    {
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, clock);
        var rings = new Dictionary<string, List<PumpRing>>(StringComparer.Ordinal);
        Volatile.Write(ref isWaiting, 0);
        while (later.TryDequeue(out var next))
        {
            next.Queue.UnmarkForOthers();
            if (!next.Queue.HasOffers)
                continue;
            left[next.Queue] = next.Shard;
            foreach (var silo in RouteOf(next.Shard, next.Queue.Function).Others)
            {
                if (!rings.TryGetValue(silo, out var list))
                    rings.Add(silo, list = []);
                list.Add(new PumpRing(next.Shard, next.Queue.Function));
            }
        }

        foreach (var (silo, list) in rings)
            _ = grains.GetGrain<IPumpGrain>(silo).RingAsync([.. list]);
        if (!left.IsEmpty && Interlocked.Exchange(ref isLooking, 1) == 0)
            _ = LookAgainAsync();
    }

    /// <summary>A ring may be lost with its connection: what still waits after a while is rung for again.</summary>
    private async Task LookAgainAsync()
    {
        await Task.Delay(LookAgain, clock);
        Volatile.Write(ref isLooking, 0);
        foreach (var (queue, shard) in left)
        {
            left.TryRemove(queue, out _);
            if (queue.HasOffers)
                Ring(shard, queue);
        }
    }

    /// <summary>A function that is bound to a pool runs there, others where their queue does.</summary>
    private Route RouteOf(string shard, string function)
    {
        var current = cluster.Current;
        var known = routes;
        if (known.Version != current.Version)
            routes = known = new Routes(current.Version, new(StringComparer.Ordinal));
        // Where it is not known here, any silo may be the one that serves it: each pump knows whether it is in the function's pool.
        var pool = functions.Find(function) is { } served ? served.Options.Pool ?? PoolPlacement.PoolOf(shard) : AnyPool;
        return known.ByPool.TryGetValue(pool, out var route) ? route : known.ByPool[pool] = RouteIn(current, pool);
    }

    private Route RouteIn(ClusterSnapshot current, string pool)
    {
        var workers = current.Silos.Where(silo => pool == AnyPool ? silo.Pools.Any(silo.Takes) : silo.Takes(pool)).Select(silo => silo.Id).ToList();
        return new Route(workers.Contains(cluster.Self), [.. workers.Where(id => id != cluster.Self)]);
    }

    private sealed record Route(bool IsLocal, string[] Others);

    private sealed record Routes(long Version, ConcurrentDictionary<string, Route> ByPool);

    [LoggerMessage(LogLevel.Information, "Silo {Silo} has not heard yet that job {Job} is cancelled: {Why}")]
    private static partial void LogNotCancelled(ILogger logger, string silo, JobId job, string why);

    [LoggerMessage(LogLevel.Information, "Silo {Silo} has not told what it runs of shard {Shard} yet, whose open jobs wait for that: {Why}")]
    private static partial void LogNotAsked(ILogger logger, string silo, string shard, string why);
}
