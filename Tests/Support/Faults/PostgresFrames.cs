using System.Buffers.Binary;
using System.Text;

namespace Hearth.Tests.Support.Faults;

/// <summary>One direction of the PostgreSQL protocol, version 3, cut into its messages.</summary>
/// <remarks>https://www.postgresql.org/docs/15/protocol-message-formats.html</remarks>
internal sealed class PostgresFrames
{
    private byte[] rest = [];

    public void Add(ReadOnlySpan<byte> bytes) => rest = [.. rest, .. bytes];

    /// <summary>A whole message, its type, length and body; null where more bytes have to come.</summary>
    public byte[]? Next() => rest.Length < 5 ? null : Cut(1 + BinaryPrimitives.ReadInt32BigEndian(rest.AsSpan(1)));

    /// <summary>A whole first message of a client, which has no type.</summary>
    public byte[]? NextUntyped() => rest.Length < 8 ? null : Cut(BinaryPrimitives.ReadInt32BigEndian(rest));

    /// <summary>A bare byte, as the answer to a request for encryption is.</summary>
    public byte[]? NextByte() => Cut(1);

    /// <summary>The texts with a zero at their end, from <paramref name="offset"/> on.</summary>
    public static string Text(byte[] message, ref int offset)
    {
        var length = message.AsSpan(offset).IndexOf((byte)0);
        var text = Encoding.UTF8.GetString(message, offset, length);
        offset += length + 1;
        return text;
    }

    private byte[]? Cut(int length)
    {
        if (rest.Length < length)
            return null;
        var message = rest[..length];
        rest = rest[length..];
        return message;
    }
}
