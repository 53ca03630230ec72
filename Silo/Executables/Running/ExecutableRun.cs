using System.Runtime.ExceptionServices;
using System.Text.Json;
using Hearth.Functions;

namespace Hearth.Executables;

/// <summary>
/// The silo's side of one run. Input and output move at once, so a program may write before it has read all. Whatever goes wrong
/// asks the supervisor to end the tree, and then its word that nothing is left is waited for.
/// </summary>
internal sealed partial class ExecutableRun(FrameStream connection, Manifest manifest, ILogger logger) : IAsyncDisposable
{
    /// <summary>How long the supervisor may take to end a tree before the connection is given up.</summary>
    private static readonly TimeSpan KillMax = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim credits = new(FrameLimits.Credits);
    private readonly CancellationTokenSource feeding = new();
    private readonly CancellationTokenSource patience = new();
    private readonly ErrorOutput errors = new(logger, manifest.Name);
    private ExceptionDispatchInfo? failure;
    private RunExit? exit;
    private long inputBytes;
    private long outputBytes;

    public ExecutableUsage Usage => new(exit?.CpuSeconds ?? 0, exit?.MemoryBytesMax ?? 0, inputBytes, outputBytes);

    /// <summary>How it ended; null when the supervisor went away.</summary>
    public async Task<RunExit?> ToEndAsync(RunRequest request, Stream input, Stream output, CancellationToken cancellationToken)
    {
        using var giveUp = patience.Token.Register(() => _ = connection.DisposeAsync().AsTask());
        try
        {
            await connection.WriteAsync(Frame.Start, request, RunJson.Default.RunRequest);
        }
        catch (IOException)
        {
            return null;
        }

        await using var cancel = cancellationToken.Register(() => Fail(new OperationCanceledException(cancellationToken)));
        var fed = FeedAsync(input);
        await ReceiveAsync(output, cancellationToken);
        await feeding.CancelAsync();
        await fed;
        errors.End();
        return exit;
    }

    /// <summary>Throws what made the silo end the run, if it did.</summary>
    public void ThrowIfFailed(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        failure?.Throw();
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        feeding.Dispose();
        patience.Dispose();
        credits.Dispose();
    }

    /// <summary>Handles frames until the run has ended; a cancel must not cut a frame in two, so it comes as the run's end.</summary>
    private async Task ReceiveAsync(Stream output, CancellationToken cancellationToken)
    {
        try
        {
            while (exit is null && await connection.ReadAsync() is { } frame)
                await HandleAsync(frame.Kind, frame.Bytes, output, cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The supervisor is gone, or was given up: no exit came.
        }
    }

    private async ValueTask HandleAsync(Frame kind, ReadOnlyMemory<byte> bytes, Stream output, CancellationToken cancellationToken)
    {
        if (kind == Frame.Output)
            await PassOnAsync(bytes, output, cancellationToken);
        else if (kind == Frame.Error)
            errors.Write(bytes.Span);
        else if (kind == Frame.Credit)
            credits.Release();
        else if (kind == Frame.InputClosed)
            await feeding.CancelAsync();
        else if (kind == Frame.Exit)
            exit = JsonSerializer.Deserialize(bytes.Span, RunJson.Default.RunExit);
        else if (kind == Frame.Refused)
            Refuse(JsonSerializer.Deserialize(bytes.Span, RunJson.Default.RunRefusal)!.Reason);
    }

    /// <summary>Remembers the first reason and asks for the end of the tree.</summary>
    private void Fail(Exception reason)
    {
        if (Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(reason), null) is null)
            _ = KillAsync();
    }

    private async Task KillAsync()
    {
        try
        {
            patience.CancelAfter(KillMax);
            await connection.WriteAsync(Frame.Kill);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Without a supervisor there is nothing left to end.
        }
    }

    private void Refuse(string reason)
    {
        LogRefused(logger, manifest.Name, reason);
        exit = new RunExit(0, 0, 0, 0, TooManyProcesses: false);
        Fail(new FunctionException($"Executable '{manifest.Name}' could not be started; the log says why."));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Executable {Function} could not be started: {Reason}")]
    private static partial void LogRefused(ILogger logger, string function, string reason);
}
