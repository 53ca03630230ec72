using Hearth.Api.Calls;
using Hearth.Executables;
using Hearth.Functions;
using Hearth.Functions.Payloads;

namespace Hearth.Hosting;

/// <summary>Serves the executables of the functions folder, and exchanges them when the folder changes.</summary>
internal sealed partial class ManifestFunctions : IAsyncDisposable
{
    private readonly FunctionRegistry registry;
    private readonly FunctionHost host;
    private readonly HearthOptions options;
    private readonly ILogger<ManifestFunctions> logger;
    private readonly ExecutableHost executables;
    private FunctionsFolder? folder;
    private volatile IReadOnlyList<string> mistakes = [];

    public ManifestFunctions(FunctionRegistry registry, FunctionHost host, HearthOptions options, ILogger<ManifestFunctions> logger)
    {
        this.registry = registry;
        this.host = host;
        this.options = options;
        this.logger = logger;
        executables = new ExecutableHost(logger, hidden: [Path.GetFullPath(options.Data)]);
    }

    /// <summary>What is wrong with manifests: such a file is not served, or its last good version is.</summary>
    public IReadOnlyList<string> Mistakes => mistakes;

    /// <summary>One line on what protects the silo from executables here.</summary>
    public Task<string> DescribeIsolationAsync() => executables.DescribeAsync();

    public void Start() => folder = new FunctionsFolder(options.Functions, Exchange, host.Clock);

    public void Stop() => folder?.Dispose();

    public ValueTask DisposeAsync() => executables.DisposeAsync();

    private void Exchange(FolderSnapshot snapshot)
    {
        var found = snapshot.Mistakes.Values.SelectMany(all => all).ToList();
        var served = new List<ServedFunction>();
        foreach (var manifest in snapshot.Manifests.Values)
        {
            try
            {
                served.Add(Serve(manifest));
            }
            catch (InvalidOperationException e)
            {
                found.Add($"{manifest.File}: {e.Message}");
            }
        }

        foreach (var mistake in OwnRoute.Mistakes(registry.FromCode.Concat(served)).ToList())
        {
            found.Add(mistake);
            served.RemoveAll(f => mistake.StartsWith($"Function '{f.Name}'", StringComparison.Ordinal));
        }

        foreach (var name in registry.Exchange(served))
            found.Add($"Function '{name}' of a manifest is not served, because the silo's code serves one of that name: give it another name.");
        foreach (var mistake in found.Except(mistakes))
            LogMistake(logger, mistake);
        mistakes = found;
    }

    private ServedFunction Serve(Manifest manifest)
    {
        if (manifest.IsExternal)
            return ExternalFunction.Create(manifest.Name, manifest.ToOptions(), host, Path.GetFileName(manifest.File));
        TypedFunction<Stream, Nothing>? function = null;
        var executable = new ExecutableFunction(manifest, executables, (_, usage) => function!.Usage.Burned(TimeSpan.FromSeconds(usage.CpuSeconds)));
        function = new TypedFunction<Stream, Nothing>(
            manifest.Name, executable.Options, host,
            async (input, output, context, cancellationToken) =>
            {
                await executable.RunAsync(input, output!, context, cancellationToken);
                return default;
            },
            streamsOutput: true) { Source = Path.GetFileName(manifest.File) };
        return function;
    }

    [LoggerMessage(LogLevel.Warning, "{Mistake}")]
    private static partial void LogMistake(ILogger logger, string mistake);
}
