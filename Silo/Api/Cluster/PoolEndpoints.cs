using Hearth.Api.Http;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Cluster;

/// <summary>The pools, who carries them and what is bound to them: <c>GET /v1/pools</c>.</summary>
internal sealed class PoolEndpoints(PoolCensus census, ShardDirectory shards)
{
    public async Task ListAsync(HttpContext http)
    {
        try
        {
            await shards.ShardsAsync(null, http.RequestAborted); // queues that other silos have made
        }
        catch (StoreUnavailableException)
        {
            await ProblemWriter.WriteAsync(http, Problems.StoreUnreadable);
            return;
        }

        if (await Resource.WriteAsync(http, new PoolsDocument(census.Take()), StatusCodes.Status200OK) is { } problem)
            await ProblemWriter.WriteAsync(http, problem);
    }
}
