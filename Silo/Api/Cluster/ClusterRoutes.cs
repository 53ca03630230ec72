namespace Hearth.Api.Cluster;

/// <summary>The routes of silos and pools.</summary>
internal sealed class ClusterRoutes(SiloEndpoints silos, PoolEndpoints pools)
{
    public IReadOnlyList<ApiRoute> Table() =>
    [
        new("GET", "/v1/silos", "listSilos", "The silos that live, and what each does", silos.ListAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The silos." }, Document = typeof(SilosDocument),
        },
        new("GET", "/v1/silos/{silo}", "showSilo", "One silo, by name or id", silos.ShowAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The silo." }, Document = typeof(SiloDocument),
        },
        new("POST", "/v1/silos/{silo}/drain", "drainSilo", "Let a silo take no new work; what runs there ends", silos.DrainAsync)
        {
            Answers = new Dictionary<int, string> { [202] = "The silo, which drains." }, Document = typeof(SiloDocument),
        },
        new("GET", "/v1/pools", "listPools", "The pools, the silos that carry them, and what is bound to them", pools.ListAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The pools." }, Document = typeof(PoolsDocument),
        },
    ];
}
