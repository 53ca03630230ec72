using System.Buffers;

namespace Hearth.Executables;

/// <summary>A piece of input kept for longer than its frame, in pooled memory.</summary>
internal static class Piece
{
    public static ArraySegment<byte> Copy(ReadOnlyMemory<byte> bytes)
    {
        var copy = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(copy);
        return new ArraySegment<byte>(copy, 0, bytes.Length);
    }

    public static void Return(ArraySegment<byte> piece) => ArrayPool<byte>.Shared.Return(piece.Array!);
}
