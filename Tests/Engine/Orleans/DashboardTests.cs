using System.Net.Http.Headers;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Engine.Orleans;

/// <summary>Orleans' own pages: there, with Hearth's grains on them, and only for who may see them.</summary>
public sealed class DashboardTests
{
    [Fact]
    public async Task It_shows_Hearths_grains_to_who_has_the_key()
    {
        using var folder = new TempFolder();
        var key = (await SiloProcess.RunApartAsync(["admin-key", "--data", folder["data"]])).Out.Trim();
        await using var silo = await SiloProcess.StartAssemblyAsync(SiloProcess.Shipped, folder["data"]);
        using var http = silo.CreateClient();
        (await http.FetchAsync("/dashboard/")).Is(401);
        (await http.FetchAsync("/dashboard/DashboardCounters")).Is(401);

        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        await http.SubmitAsync("echo", "1");
        Assert.Contains("<html", (await http.FetchAsync("/dashboard/")).Is(200).Text, StringComparison.OrdinalIgnoreCase);
        await JobWorld.EventuallyAsync(
            async () => (await http.FetchAsync("/dashboard/DashboardCounters")).Is(200).Text.Contains("Hearth.Jobs.ShardGrain", StringComparison.Ordinal), "it shows the shard");
    }
}
