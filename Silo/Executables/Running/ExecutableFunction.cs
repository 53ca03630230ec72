using Hearth.Functions;

namespace Hearth.Executables;

/// <summary>
/// An executable as a function: input on standard input, output from standard output, standard error to the log. Exit code 0 is
/// success. Holds a few pieces of 64 KiB in memory, never the whole of anything.
/// </summary>
/// <param name="manifest">What to run.</param>
/// <param name="host">What it is run by.</param>
/// <param name="used">Told what each run used, also a failed one.</param>
internal sealed partial class ExecutableFunction(Manifest manifest, ExecutableHost host, Action<FunctionContext, ExecutableUsage>? used = null)
{
    public Manifest Manifest => manifest;

    public FunctionOptions Options { get; } = manifest.ToOptions();

    /// <summary>Runs once. When it returns or throws, nothing of the run is left.</summary>
    /// <exception cref="FunctionException">It failed: exit code, signal, a limit, or the supervisor.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled or timed out.</exception>
    public async Task<ExecutableUsage> RunAsync(Stream input, Stream output, FunctionContext context, CancellationToken cancellationToken)
    {
        var protections = await host.ProtectionsAsync();
        var isolated = LaunchChain.IsIsolated(manifest, protections);
        var (supervisor, connection) = await ConnectAsync(context, cancellationToken);
        await using var run = new ExecutableRun(connection, manifest, context.Logger);
        var exit = await run.ToEndAsync(Request(supervisor, protections, context), input, output, cancellationToken);
        used?.Invoke(context, run.Usage);
        run.ThrowIfFailed(cancellationToken);
        if (exit is null)
            throw await LostAsync(supervisor, context);
        return RunFailure.Of(manifest, exit, isolated) is { } failure ? throw failure : run.Usage;
    }

    private RunRequest Request(SupervisorProcess supervisor, Protections protections, FunctionContext context)
    {
        var id = $"{supervisor.Token}.{Guid.NewGuid():N}";
        var folder = manifest.WorkingFolder ?? Path.Combine(supervisor.Folder, id);
        return new RunRequest(
            id,
            LaunchChain.Arguments(manifest, protections, folder, host.Hidden),
            RunEnvironment.Of(manifest, context, id),
            folder,
            FolderIsPrivate: manifest.WorkingFolder is null,
            LaunchChain.ProcessesMax(manifest, protections));
    }

    private async Task<(SupervisorProcess Supervisor, FrameStream Connection)> ConnectAsync(
        FunctionContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await host.Supervisor.ConnectAsync(cancellationToken);
        }
        catch (IOException e)
        {
            LogNotStarted(context.Logger, manifest.Name, e.Message);
            throw new FunctionException($"Executable '{manifest.Name}' could not be started: this silo's supervisor does not start.", e);
        }
    }

    private async Task<FunctionException> LostAsync(SupervisorProcess supervisor, FunctionContext context)
    {
        LogLost(context.Logger, manifest.Name);
        // One lost connection is not yet a lost supervisor, which other runs may be using.
        if (await supervisor.EndsAsync())
            await host.Supervisor.ForgetAsync(supervisor);
        return new FunctionException($"Executable '{manifest.Name}' was ended because this silo's supervisor of executables ended; try again.");
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Executable {Function} could not be started: {Reason}")]
    private static partial void LogNotStarted(ILogger logger, string function, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The supervisor ended during a run of {Function}; the next run starts another")]
    private static partial void LogLost(ILogger logger, string function);
}
