using System.Buffers;
using System.IO.Pipelines;

namespace Hearth.Functions.Runs;

/// <summary>Moves the bytes of a streaming run between its pipes and the outside.</summary>
internal static class RunPump
{
    /// <summary>Hands a run the whole of its input, if it takes it as a stream.</summary>
    public static Task CopyInputAsync(FunctionRun run, ReadOnlyMemory<byte> input) => run.Input is { } pipe
        ? CopyInputAsync(PipeReader.Create(new ReadOnlySequence<byte>(input)), pipe.Writer, long.MaxValue, CancellationToken.None)
        : Task.CompletedTask;

    /// <summary>Copies the input until it ends, the body has read enough, or the run is over.</summary>
    /// <returns>The bytes copied, or -1 when there were more than <paramref name="bytesMax"/>.</returns>
    public static async Task<long> CopyInputAsync(PipeReader source, PipeWriter target, long bytesMax, CancellationToken cancellationToken)
    {
        long copied = 0;
        Exception? fault = null;
        try
        {
            while (true)
            {
                var read = await source.ReadAsync(cancellationToken);
                copied += read.Buffer.Length;
                var isTooLarge = copied > bytesMax;
                if (!isTooLarge)
                {
                    foreach (var segment in read.Buffer)
                        target.Write(segment.Span);
                }

                // Whatever comes next: a reader that is left with its buffers cannot go on, nor can the connection.
                source.AdvanceTo(read.Buffer.End);
                if (isTooLarge)
                {
                    fault = new FunctionException("The input is too large.");
                    return -1;
                }

                if (read.IsCanceled)
                    return copied;
                var flushed = await target.FlushAsync(cancellationToken);
                if (read.IsCompleted || flushed.IsCompleted || flushed.IsCanceled)
                    return copied;
            }
        }
        catch (Exception e)
        {
            // The body must not take a torn input for a whole one.
            fault = e;
            throw;
        }
        finally
        {
            await target.CompleteAsync(fault);
        }
    }

    /// <summary>Reads a run's output to its end into memory; at <paramref name="bytesMax"/> the run is cut off.</summary>
    /// <returns>The bytes (none when the run was cut off), and whether there were too many.</returns>
    public static async Task<(byte[] Bytes, bool IsTooLarge)> ReadAllAsync(FunctionRun run, long bytesMax)
    {
        var source = run.Output!.Reader;
        try
        {
            while (true)
            {
                var read = await source.ReadAsync();
                if (read.Buffer.Length > bytesMax)
                {
                    run.CutOff(RunEnd.Cancelled);
                    return ([], true);
                }

                if (read.IsCanceled)
                    return ([], false);
                if (read.IsCompleted)
                    return (read.Buffer.ToArray(), false);
                source.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        finally
        {
            await source.CompleteAsync();
        }
    }
}
