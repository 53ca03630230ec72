namespace Hearth.Bench.Engine;

/// <summary>What measurements have of this engine alone.</summary>
internal static class EngineParts
{
    /// <summary>Hosts nothing but grains.</summary>
    public static void Add(IHostApplicationBuilder builder) => builder.UseOrleans(_ => { });

    /// <summary>Runs a measurement of the engine's inside.</summary>
    /// <returns>False: it has none of this name.</returns>
    public static async Task<bool> RunAsync(string command)
    {
        if (command == "grain-calls-far")
            await FarCallBench.RunAsync();
        else
            await GrainDispatchBench.RunAsync();
        return true;
    }
}
