using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.WebUtilities;

namespace Hearth.Api.Calls;

/// <summary>
/// Sends streamed output. Many clients send their whole body before they read the first byte of the answer; the function would wait for
/// them to read and they for the function to read. So when the caller does not read while its body is under way, the rest of the output
/// goes into a temporary file first.
/// </summary>
internal sealed class StreamSender(PipeWriter response, Task copyingInput, TimeProvider clock) : IAsyncDisposable
{
    private const int InMemoryBytes = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private Task<FlushResult>? stuck;
    private FileBufferingWriteStream? spool;

    public async ValueTask SendAsync(ReadOnlySequence<byte> bytes, bool isLast)
    {
        if (spool is null)
            await SendNowAsync(bytes, isLast);
        else
            await KeepAsync(bytes, isLast);
    }

    public ValueTask DisposeAsync() => spool?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask SendNowAsync(ReadOnlySequence<byte> bytes, bool isLast)
    {
        foreach (var segment in bytes)
            response.Write(segment.Span);
        // Written, not flushed: the server sends the last bytes when the request ends.
        if (isLast)
            return;
        var flushing = response.FlushAsync();
        if (flushing.IsCompleted)
        {
            await flushing;
            return;
        }

        var flushed = flushing.AsTask();
        if (!copyingInput.IsCompleted && await Task.WhenAny(flushed, copyingInput, Task.Delay(Patience, clock)) != flushed && !copyingInput.IsCompleted)
            (stuck, spool) = (flushed, new FileBufferingWriteStream(InMemoryBytes));
        else
            await flushed;
    }

    private async ValueTask KeepAsync(ReadOnlySequence<byte> bytes, bool isLast)
    {
        foreach (var segment in bytes)
            await spool!.WriteAsync(segment);
        if (!isLast)
            return;
        await stuck!;
        await spool!.DrainBufferAsync(response);
    }
}
