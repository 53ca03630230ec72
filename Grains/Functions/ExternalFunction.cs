using Hearth.Jobs;

namespace Hearth.Functions;

/// <summary>A function that no silo runs: its jobs wait for workers outside, which lease them over HTTP. Takes and gives any bytes.</summary>
internal static class ExternalFunction
{
    private const long InputMax = 1 << 20;

    public static ServedFunction Create(string name, FunctionOptions options, FunctionHost host, string source = "code")
    {
        options.InputBytesMax ??= InputMax;
        options.OutputBytesMax ??= JobSpec.InputBytesMax;
        return new TypedFunction<byte[], byte[]>(
            name, options, host,
            (_, _, _, _) => throw new FunctionException($"Function '{name}' is run by workers outside of the cluster, and not here."))
        {
            Source = source, IsExternal = true,
        };
    }
}
