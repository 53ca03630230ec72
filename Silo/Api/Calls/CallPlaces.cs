using System.Collections.Concurrent;
using Hearth.Api.Http;
using Hearth.Cluster;
using Hearth.Functions;

namespace Hearth.Api.Calls;

/// <summary>
/// Where a call runs: here when this silo is one of the function's pool and has a free slot, else on the less busy of two others picked at random
/// (M. Mitzenmacher: The Power of Two Choices in Randomized Load Balancing, 2001).
/// </summary>
internal sealed class CallPlaces(IClusterView cluster, IGrainFactory grains)
{
    private const int TriesMax = 3;

    private readonly ConcurrentDictionary<string, int> underWay = new(StringComparer.Ordinal);

    /// <summary>Whether this silo may run the function; also when it drains and there is no other.</summary>
    public bool IsHere(ServedFunction function) => cluster.Current.Find(cluster.Self) is { } self && Carries(self, function)
        && (self.Status == SiloStatus.Active || !Others(function).Any());

    /// <summary>Whether another silo could.</summary>
    public bool HasOthers(ServedFunction function) => cluster.Current.Silos.Count > 1 && Others(function).Any();

    /// <summary>Runs a call on another silo; where one has no room or has gone before it began, on the next.</summary>
    /// <returns>The result, or why there is none.</returns>
    public async Task<(ComputeResult? Result, Problem? Problem)> CallAsync(ServedFunction function, ComputeCall call, CancellationToken cancellationToken)
    {
        var tried = new HashSet<string>(StringComparer.Ordinal);
        ComputeResult? refused = null;
        while (tried.Count < TriesMax && Pick(function, tried) is { } silo)
        {
            tried.Add(silo);
            underWay.AddOrUpdate(silo, 1, static (_, count) => count + 1);
            try
            {
                var result = await grains.GetGrain<IComputeGrain>($"{silo}/{function.Name}").CallAsync(call, cancellationToken);
                if (result.End is not (ComputeEnd.Busy or ComputeEnd.NotServed))
                    return (result, null);
                refused = result;
            }
            catch (Exception e) when (NotRun.Is(e))
            {
                // It has not begun: another may.
            }
            catch (Orleans.Runtime.SiloUnavailableException)
            {
                return (null, Problems.SiloLost(function.Name));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return (new ComputeResult(ComputeEnd.Cancelled), null);
            }
            finally
            {
                underWay.AddOrUpdate(silo, 0, static (_, count) => count - 1);
            }
        }

        return (null, refused?.End == ComputeEnd.Busy || IsHere(function) ? Problems.Busy(function) : Problems.PoolEmpty(function));
    }

    private string? Pick(ServedFunction function, HashSet<string> tried)
    {
        var others = Others(function).Where(silo => !tried.Contains(silo.Id)).ToArray();
        if (others.Length == 0)
            return null;
        Random.Shared.Shuffle(others);
        return others.Take(2).MinBy(LoadOf)!.Id;
    }

    /// <summary>As of its last heartbeat, and what was sent from here.</summary>
    private int LoadOf(SiloView silo) => Math.Max(silo.Load.Running, underWay.GetValueOrDefault(silo.Id)) + silo.Load.Waiting;

    private IEnumerable<SiloView> Others(ServedFunction function) => cluster.Current.Silos.Where(
        silo => silo.Id != cluster.Self && silo.Status == SiloStatus.Active && Carries(silo, function));

    private static bool Carries(SiloView silo, ServedFunction function) => function.Options.Pool is { } pool
        ? silo.Carries(pool)
        : silo.Roles.HasFlag(SiloRoles.Worker);
}
