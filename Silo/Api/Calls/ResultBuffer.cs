using System.Buffers;

namespace Hearth.Api.Calls;

/// <summary>
/// A result on its way out, in a rented array: its length is known before the first byte is sent, so that the answer carries
/// Content-Length and a result over the limit is still an error. One is kept a thread; large arrays go back to the pool.
/// </summary>
internal sealed class ResultBuffer : IBufferWriter<byte>, IDisposable
{
    private const int StartBytes = 4 * 1024;
    private const int KeptBytesMax = 64 * 1024;

    [ThreadStatic]
    private static ResultBuffer? kept;

    private byte[] array = ArrayPool<byte>.Shared.Rent(StartBytes);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => array.AsMemory(0, Length);

    public static ResultBuffer Rent()
    {
        var buffer = kept ?? new ResultBuffer();
        kept = null;
        buffer.Length = 0;
        return buffer;
    }

    public void Dispose()
    {
        if (kept is null && array.Length <= KeptBytesMax)
        {
            kept = this;
            return;
        }

        ArrayPool<byte>.Shared.Return(array);
        array = [];
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return array.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return array.AsSpan(Length);
    }

    private void Grow(int sizeHint)
    {
        var needed = Length + Math.Max(sizeHint, 1);
        if (needed <= array.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, array.Length * 2));
        array.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(array);
        array = larger;
    }
}
