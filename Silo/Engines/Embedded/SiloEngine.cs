using Orleans.Storage;

namespace Hearth.Engines;

/// <summary>Hosts the grains on the embedded engine, with their state in the silo's own store.</summary>
internal static class SiloEngine
{
    public static void Add(WebApplicationBuilder web) => web.UseOrleans(silo =>
        silo.Services.AddKeyedSingleton<IGrainStorage, StoredGrainState>("Default"));
}
