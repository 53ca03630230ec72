using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Orleans.Embedded;

namespace Orleans.Serialization;

/// <summary>Reads one frame after the other. Everything is checked against what is left of the frame.</summary>
/// <param name="silo">Whose references to grains are made; null where none can occur.</param>
internal sealed class WireReader(Silo? silo)
{
    private readonly List<object?> _seen = [];
    private byte[] _bytes = [];
    private int _at;
    private int _end;
    private int _depth;

    /// <summary>What the frame's <see cref="CancellationToken"/> parameter is set to.</summary>
    public CancellationToken Cancellation { get; set; }

    public int Left => _end - _at;

    public Silo Silo => silo ?? throw new WireFormatException("A reference to a grain is not expected here.");

    public void Begin(byte[] bytes, int start, int length)
    {
        (_bytes, _at, _end, _depth, Cancellation) = (bytes, start, start + length, 0, default);
        _seen.Clear();
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Left)
            throw new WireFormatException($"{count} bytes are announced, and {Left} are left of the frame.");
        var taken = _bytes.AsSpan(_at, count);
        _at += count;
        return taken;
    }

    public byte ReadByte() => Take(1)[0];
    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));
    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public ulong ReadNumber()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw new WireFormatException("A number has more than ten bytes.");
    }

    public long ReadSigned()
    {
        var value = ReadNumber();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number that must be below the given one.</summary>
    public int ReadIndex(int below)
    {
        var index = ReadNumber();
        return index < (ulong)below ? (int)index : throw new WireFormatException($"{index} is not below {below}.");
    }

    public ReadOnlySpan<byte> ReadBytes() => Take(ReadIndex(Left + 1));

    public string? ReadText()
    {
        var header = ReadNumber();
        if (header == 0)
            return null;
        header--;
        var length = header >> 1;
        if (length > (ulong)Left)
            throw new WireFormatException($"A text of {length} bytes is announced, and {Left} are left of the frame.");
        var bytes = Take((int)length);
        return (header & 1) == 0 ? Encoding.UTF8.GetString(bytes) : new string(MemoryMarshal.Cast<byte, char>(bytes));
    }

    /// <summary>The number of elements of a collection, each of which has at least one byte; one level deeper until <see cref="Leave"/>.</summary>
    public int EnterCollection()
    {
        Enter();
        return ReadIndex(Math.Min(Left, WireLimits.CountMax) + 1);
    }

    public void Enter()
    {
        if (++_depth > WireLimits.DepthMax)
            throw new WireFormatException($"More than {WireLimits.DepthMax} objects are within one another.");
    }

    public void Leave() => _depth--;

    /// <summary>Notes an object that may be referred to later. Called before anything within it is read.</summary>
    public void Note(object value) => _seen.Add(value);

    /// <summary>The object that was read under this number.</summary>
    public object Seen(ulong number) =>
        number < (ulong)_seen.Count ? _seen[(int)number]! : throw new WireFormatException($"Object {number} is referred to before it was read.");
}
