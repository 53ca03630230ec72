using System.Buffers;

namespace Hearth.Executables;

/// <summary>The run's two streams: what the caller gives and what the caller gets.</summary>
internal sealed partial class ExecutableRun
{
    private async Task FeedAsync(Stream input)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FrameLimits.HeaderBytes + FrameLimits.PieceBytesMax);
        var room = buffer.AsMemory(FrameLimits.HeaderBytes, FrameLimits.PieceBytesMax);
        try
        {
            while (await TakeAsync(input, room) is var read and > 0)
            {
                await credits.WaitAsync(feeding.Token);
                await connection.WritePieceAsync(Frame.Input, buffer.AsMemory(0, FrameLimits.HeaderBytes + read));
                inputBytes += read;
            }

            await connection.WriteAsync(Frame.InputEnd);
        }
        catch (OperationCanceledException) when (feeding.IsCancellationRequested)
        {
            // The program takes no more, or has ended.
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The supervisor went away; the receiver hears it as well.
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private async ValueTask<int> TakeAsync(Stream input, Memory<byte> buffer)
    {
        try
        {
            return await input.ReadAsync(buffer, feeding.Token);
        }
        catch (Exception e) when (!feeding.IsCancellationRequested)
        {
            // A caller that went away in the middle of its input: not an end of input, so the run must not take it for one.
            Fail(e);
            await feeding.CancelAsync();
            throw new OperationCanceledException(feeding.Token);
        }
    }

    private async ValueTask PassOnAsync(ReadOnlyMemory<byte> bytes, Stream output, CancellationToken cancellationToken)
    {
        if (failure is not null)
            return;
        outputBytes += bytes.Length;
        if (outputBytes > manifest.OutputBytesMax)
        {
            Fail(RunFailure.TooMuchOutput(manifest));
            return;
        }

        try
        {
            await output.WriteAsync(bytes, cancellationToken);
        }
        catch (Exception e)
        {
            // Whatever the reader's failure is, it is the run's, once its tree has ended.
            Fail(e);
        }
    }
}
