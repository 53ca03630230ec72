using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Orleans.Serialization;

/// <summary>
/// One frame as it is written: pooled pieces, so that it can grow without copying what is there. Not for several threads.
/// </summary>
internal sealed class WireWriter
{
    private const int FirstPiece = 512;
    private const int LargestPiece = 64 * 1024;
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private List<ArraySegment<byte>>? _full;
    private Dictionary<object, int>? _seen;
    private object? _first;
    private byte[] _piece = ArrayPool<byte>.Shared.Rent(FirstPiece);
    private int _at;
    private int _before;
    private int _depth;

    /// <summary>Bytes so far.</summary>
    public int Length => _before + _at;

    /// <summary>The pieces in their order.</summary>
    public int PieceCount => (_full?.Count ?? 0) + 1;

    public ReadOnlyMemory<byte> Piece(int index) =>
        index < (_full?.Count ?? 0) ? _full![index] : _piece.AsMemory(0, _at);

    /// <summary>The start of the first piece, for what is known only at the end.</summary>
    public Span<byte> Start => _full is [var first, ..] ? first : _piece.AsSpan(0, _at);

    /// <summary>Gives the pieces back; the writer is of no use any more.</summary>
    public void Release()
    {
        foreach (var piece in _full ?? [])
            ArrayPool<byte>.Shared.Return(piece.Array!);
        ArrayPool<byte>.Shared.Return(_piece);
        (_full, _piece, _at, _before) = (null, [], 0, 0);
    }

    /// <summary>Room for so many bytes in one piece.</summary>
    public Span<byte> Reserve(int count)
    {
        if (_piece.Length - _at < count)
            Grow(count);
        var room = _piece.AsSpan(_at, count);
        _at += count;
        return room;
    }

    public void WriteByte(byte value) => Reserve(1)[0] = value;
    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Reserve(4), value);
    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);

    /// <summary>Small numbers in few bytes: seven bits in each.</summary>
    public void WriteNumber(ulong value)
    {
        if (_piece.Length - _at < 10)
            Grow(10);
        while (value >= 0x80)
        {
            _piece[_at++] = (byte)(value | 0x80);
            value >>= 7;
        }
        _piece[_at++] = (byte)value;
    }

    public void WriteNumber(int value) => WriteNumber((ulong)(uint)value);

    /// <summary>Small numbers of either sign in few bytes.</summary>
    public void WriteSigned(long value) => WriteNumber((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>The bytes alone, without their count. The only copy that is made of them.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        var fits = Math.Min(bytes.Length, _piece.Length - _at);
        bytes[..fits].CopyTo(_piece.AsSpan(_at));
        _at += fits;
        if (fits < bytes.Length)
            bytes[fits..].CopyTo(Reserve(bytes.Length - fits));
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteNumber(bytes.Length);
        WriteRaw(bytes);
    }

    /// <summary>A text or null: UTF-8, or UTF-16 where it has lone surrogates, which UTF-8 cannot hold.</summary>
    public void WriteText(string? text)
    {
        if (text is null)
        {
            WriteNumber(0);
            return;
        }
        if (text.Length > WireLimits.FrameBytesMax / 2)
            throw TooLarge();
        if (Utf8Length(text) is var length and >= 0)
        {
            WriteNumber(((ulong)length << 1) + 1);
            s_utf8.GetBytes(text, Reserve(length));
            return;
        }
        WriteNumber(((ulong)text.Length * 2 << 1) + 2);
        WriteRaw(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private static int Utf8Length(string text)
    {
        try
        {
            return s_utf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return -1;
        }
    }

    /// <summary>The number of elements of a collection, one level deeper until <see cref="Leave"/>.</summary>
    public void EnterCollection(int count)
    {
        Enter();
        if (count > WireLimits.CountMax)
            throw new ArgumentException($"A collection of {count:N0} elements cannot be sent to another silo; at most {WireLimits.CountMax:N0} can.");
        WriteNumber(count);
    }

    public void Enter()
    {
        if (++_depth > WireLimits.DepthMax)
            throw new ArgumentException(
                $"A value with more than {WireLimits.DepthMax} objects within one another cannot be sent to another silo. Flatten it, for instance into a list.");
    }

    public void Leave() => _depth--;

    /// <summary>Whether an object that can be shared was written before; else it is noted and is to be written now.</summary>
    public bool TryRefer(object value)
    {
        if (_first is null)
        {
            _first = value;
            WriteNumber(1);
            return false;
        }
        _seen ??= new(ReferenceEqualityComparer.Instance) { [_first] = 0 };
        if (_seen.TryGetValue(value, out var index))
        {
            WriteNumber(index + 2);
            return true;
        }
        _seen.Add(value, _seen.Count);
        WriteNumber(1);
        return false;
    }

    private void Grow(int count)
    {
        if (Length + (long)count > WireLimits.FrameBytesMax)
            throw TooLarge();
        (_full ??= []).Add(new(_piece, 0, _at));
        _before += _at;
        _piece = ArrayPool<byte>.Shared.Rent(Math.Max(count, Math.Min(_piece.Length * 2, LargestPiece)));
        _at = 0;
    }

    private static ArgumentException TooLarge() =>
        new($"A call's arguments or its result are larger than {WireLimits.FrameBytesMax >> 20} MiB, the most that is sent to another silo. Send them in parts.");
}
