using Hearth.Api.Http;
using Hearth.Cluster;
using Hearth.Hosting;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Observability;

/// <summary>Health as load balancers and people ask for it.</summary>
internal sealed class HealthEndpoints(
    IGrainStateStore store, StoreWatch watch, TimeProvider clock, ManifestFunctions manifests, IClusterView cluster, PoolCensus pools,
    IHostApplicationLifetime lifetime)
{
    private const string Unready = "unready";

    /// <summary>Whoever asks gives up soon.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(2);

    public Task LiveAsync(HttpContext http) => WriteAsync(http, new HealthDocument("live", []), StatusCodes.Status200OK);

    public async Task ReadyAsync(HttpContext http)
    {
        var health = await ReadAsync();
        await WriteAsync(http, health, health.Status == Unready ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    public async Task<HealthDocument> ReadAsync()
    {
        if (await TroubleAsync() is { } trouble)
            return new HealthDocument(Unready, [trouble]);
        string[] reasons = [.. manifests.Mistakes, .. pools.Mistakes(), .. Draining()];
        return new HealthDocument(reasons.Length == 0 ? "ready" : "degraded", reasons);
    }

    private bool IsDraining => cluster.Current.Find(cluster.Self)?.Status == SiloStatus.Draining;

    private IEnumerable<string> Draining() => IsDraining ? ["This silo drains: it takes no new work. Start it again to undo that."] : [];

    /// <summary>Why nothing should be sent here now; null: all is well.</summary>
    private async Task<string?> TroubleAsync()
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return "The silo is stopping.";
        if (watch.Trouble is { } trouble)
            return trouble;
        if (!cluster.MayStartJobs && !IsDraining)
            return "The silo has lost its lease, because it could not renew it in the database: it starts no jobs.";
        try
        {
            await store.ReadAsync("health", "ready").WaitAsync(AnswerMax, clock);
            return null;
        }
        catch (StoreUnavailableException e)
        {
            return e.Message;
        }
        catch (TimeoutException)
        {
            return $"The store does not answer within {AnswerMax.TotalSeconds:0} s.";
        }
    }

    private static async Task WriteAsync(HttpContext http, HealthDocument document, int status)
    {
        if (await Resource.WriteAsync(http, document, status) is { } problem)
            await ProblemWriter.WriteAsync(http, problem);
    }
}

/// <param name="Status">live, ready, degraded or unready.</param>
/// <param name="Reasons">Why it is not simply ready.</param>
internal sealed record HealthDocument(string Status, IReadOnlyList<string> Reasons);
