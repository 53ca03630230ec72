using Hearth.Api.Http;
using Hearth.Cluster;

namespace Hearth.Api.Cluster;

/// <summary>Who is in the cluster: <c>/v1/silos</c>.</summary>
internal sealed class SiloEndpoints(IClusterView cluster)
{
    public Task ListAsync(HttpContext http)
    {
        var now = cluster.Current;
        return AnswerAsync(http, new SilosDocument(now.Version, [.. now.Silos.Select(silo => SiloDocument.From(silo, cluster.Self))]), StatusCodes.Status200OK);
    }

    public Task ShowAsync(HttpContext http) => AnswerAsync(http, StatusCodes.Status200OK);

    /// <summary>Repeating it changes nothing.</summary>
    public async Task DrainAsync(HttpContext http)
    {
        await cluster.DrainAsync(NameOf(http), http.RequestAborted);
        await AnswerAsync(http, StatusCodes.Status202Accepted);
    }

    private Task AnswerAsync(HttpContext http, int status) => Find(NameOf(http)) is { } silo
        ? AnswerAsync(http, SiloDocument.From(silo, cluster.Self), status)
        : ProblemWriter.WriteAsync(http, Problems.UnknownSilo(NameOf(http)));

    private SiloView? Find(string name) => cluster.Current.Silos.FirstOrDefault(silo => silo.Name == name) ?? cluster.Current.Find(name);

    private static string NameOf(HttpContext http) => (string)http.Request.RouteValues["silo"]!;

    private static async Task AnswerAsync<T>(HttpContext http, T document, int status)
    {
        if (await Resource.WriteAsync(http, document, status) is { } problem)
            await ProblemWriter.WriteAsync(http, problem);
    }
}
