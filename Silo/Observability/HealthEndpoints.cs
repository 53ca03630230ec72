using Hearth.Api.Http;
using Hearth.Hosting;
using Hearth.Storage;

namespace Hearth.Observability;

/// <summary>Health as load balancers and people ask for it.</summary>
internal sealed class HealthEndpoints(IGrainStateStore store, ManifestFunctions manifests, IHostApplicationLifetime lifetime)
{
    public Task LiveAsync(HttpContext http) => WriteAsync(http, new HealthDocument("live", []), StatusCodes.Status200OK);

    public async Task ReadyAsync(HttpContext http)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await WriteAsync(http, new HealthDocument("unready", ["The silo is stopping."]), StatusCodes.Status503ServiceUnavailable);
            return;
        }

        try
        {
            await store.ReadAsync("health", "ready");
        }
        catch (StoreUnavailableException e)
        {
            await WriteAsync(http, new HealthDocument("unready", [e.Message]), StatusCodes.Status503ServiceUnavailable);
            return;
        }

        var status = manifests.Mistakes.Count == 0 ? "ready" : "degraded";
        await WriteAsync(http, new HealthDocument(status, manifests.Mistakes), StatusCodes.Status200OK);
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
