namespace Hearth.Bench.Engine;

/// <summary>What measurements have of this engine alone.</summary>
internal static class EngineParts
{
    /// <summary>Hosts nothing but grains.</summary>
    public static void Add(IHostApplicationBuilder builder) => builder.UseOrleans(silo => silo.UseLocalhostClustering());

    /// <summary>Runs a measurement of the engine's inside.</summary>
    /// <returns>False: it has none of this name.</returns>
    public static Task<bool> RunAsync(string command)
    {
        Console.WriteLine($"{command} measures the inside of the embedded engine; this is Orleans.");
        return Task.FromResult(false);
    }
}
