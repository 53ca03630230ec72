using Orleans;

namespace Hearth.Bench.Engine;

/// <summary>A host with nothing in it but the engine.</summary>
internal static class EngineHost
{
    public static async Task<(IHost Host, IGrainFactory Grains)> StartAsync()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        EngineParts.Add(builder);
        var host = builder.Build();
        await host.StartAsync();
        return (host, host.Services.GetRequiredService<IGrainFactory>());
    }
}
