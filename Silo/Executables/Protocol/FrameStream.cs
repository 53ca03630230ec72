using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hearth.Executables;

/// <summary>Frames over a stream: one reader, any number of writers.</summary>
internal sealed class FrameStream(Stream stream) : IAsyncDisposable
{
    private readonly byte[] header = new byte[FrameLimits.HeaderBytes];
    private readonly SemaphoreSlim writing = new(1);
    private byte[] payload = new byte[512];

    /// <summary>The next frame, or null at the end. Its bytes are valid until the next read.</summary>
    /// <exception cref="IOException">The connection broke, or the frame is larger than its kind may be.</exception>
    public async ValueTask<(Frame Kind, ReadOnlyMemory<byte> Bytes)?> ReadAsync()
    {
        if (await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false) < header.Length)
            return null;
        var kind = (Frame)header[0];
        var length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(1));
        if (length < 0 || length > LengthMax(kind))
            throw new IOException($"A frame of kind {kind} and {length} bytes is not part of the protocol.");
        if (length > payload.Length)
            payload = new byte[Math.Max(length, FrameLimits.PieceBytesMax)];
        await stream.ReadExactlyAsync(payload.AsMemory(0, length));
        return (kind, payload.AsMemory(0, length));
    }

    /// <summary>Sends a piece which the caller has read to behind the room for a header, so that one write does.</summary>
    public async ValueTask WritePieceAsync(Frame kind, Memory<byte> headerAndPiece)
    {
        headerAndPiece.Span[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(headerAndPiece.Span[1..], headerAndPiece.Length - FrameLimits.HeaderBytes);
        await writing.WaitAsync();
        try
        {
            await stream.WriteAsync(headerAndPiece);
        }
        finally
        {
            writing.Release();
        }
    }

    public ValueTask WriteAsync(Frame kind) => WritePieceAsync(kind, new byte[FrameLimits.HeaderBytes]);

    public ValueTask WriteAsync<T>(Frame kind, T value, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        if (json.Length > FrameLimits.ControlBytesMax)
            throw new IOException("Arguments and environment together are larger than 2 MiB, more than a program can be given.");
        var bytes = new byte[FrameLimits.HeaderBytes + json.Length];
        json.CopyTo(bytes, FrameLimits.HeaderBytes);
        return WritePieceAsync(kind, bytes);
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private static int LengthMax(Frame kind) => kind switch
    {
        Frame.Start => FrameLimits.ControlBytesMax,
        Frame.Input or Frame.Output or Frame.Error or Frame.Refused or Frame.Exit => FrameLimits.PieceBytesMax,
        _ => 0,
    };
}
