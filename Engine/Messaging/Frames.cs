using System.Buffers.Binary;
using Orleans.Serialization;

namespace Orleans.Messaging;

internal enum FrameKind : byte
{
    /// <summary>Who connects, to whom, with which protocol and manifest.</summary>
    Hello = 1,

    /// <summary>The connection is taken.</summary>
    Welcome = 2,

    /// <summary>It is not, and why.</summary>
    Unwelcome = 3,

    /// <summary>Nothing but a sign of life.</summary>
    Ping = 4,

    /// <summary>A call.</summary>
    Request = 5,

    /// <summary>Nobody waits for that call any more.</summary>
    Cancel = 6,

    /// <summary>A grain's result; for one-way calls, that it was taken; for hand-overs, that the activation has ended.</summary>
    Answer = 7,

    /// <summary>A grain's error.</summary>
    Failure = 8,

    /// <summary>It did not run: by this version of the view the grain lives elsewhere, or the silo stops.</summary>
    Elsewhere = 9,

    /// <summary>It did not run, and would not if it were sent again.</summary>
    Refused = 10,

    /// <summary>The sender has become a grain's home and asks for the end of the activation here.</summary>
    HandOver = 11,
}

/// <summary>
/// A frame: length of the rest (4 bytes), kind (1), number of the call that it belongs to (8), and what the kind says. Numbers are little-endian.
/// </summary>
internal static class Frames
{
    public const int LengthBytes = 4;
    public const int HeaderBytes = 9;

    public static WireWriter Begin(FrameKind kind)
    {
        var writer = new WireWriter();
        var header = writer.Reserve(LengthBytes + HeaderBytes);
        header.Clear();
        header[LengthBytes] = (byte)kind;
        return writer;
    }

    /// <summary>Fills in what is known at the end.</summary>
    public static void Seal(WireWriter writer, long number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(writer.Start, writer.Length - LengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(writer.Start[(LengthBytes + 1)..], number);
    }

    /// <summary>The length of the frame that starts there, less the length itself.</summary>
    public static int LengthOf(ReadOnlySpan<byte> start, int max)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(start);
        return length >= HeaderBytes && length <= max ? length
            : throw new WireFormatException($"A frame of {length} bytes is announced; {HeaderBytes} to {max} are possible.");
    }
}
