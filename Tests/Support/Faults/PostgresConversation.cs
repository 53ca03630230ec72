using System.Buffers.Binary;

namespace Hearth.Tests.Support.Faults;

/// <summary>
/// Pairs the calls of one connection with their replies: (1) what a client sends is kept until a call is whole, (2) a whole call may take the
/// planned loss, (3) each ReadyForQuery ends the oldest call, and the reply of a call with a loss is kept until then.
/// </summary>
internal sealed class PostgresConversation(PostgresProxy proxy) : IConversation
{
    private const int TlsRequest = 80877103;
    private const int GssRequest = 80877104;
    private const int CancelRequest = 80877102;
    private const int TypeAndLength = 5;

    /// <summary>The server waits for the client's data, so this part of a reply is never kept.</summary>
    private const byte CopyIn = (byte)'G';

    private readonly Lock gate = new();
    private readonly PostgresFrames requests = new();
    private readonly PostgresFrames replies = new();
    private readonly Dictionary<string, string> prepared = new(StringComparer.Ordinal);
    private readonly Queue<PostgresCall> open = new();
    private readonly List<byte> keptRequest = [];
    private readonly List<byte> keptReply = [];
    private List<string> statements = [];
    private bool started;
    private bool encryptionAsked;

    public ReadOnlyMemory<byte>? Request(ReadOnlyMemory<byte> bytes)
    {
        lock (gate)
        {
            requests.Add(bytes.Span);
            var pass = new List<byte>();
            while ((started ? requests.Next() : requests.NextUntyped()) is { } message)
            {
                keptRequest.AddRange(message);
                if (!(started ? Hear(message) : Greet(message)))
                    return null;
                if (started && (char)message[0] is 'P' or 'B' or 'D' or 'E' or 'C')
                    continue;
                pass.AddRange(keptRequest);
                keptRequest.Clear();
            }

            return pass.ToArray();
        }
    }

    public ReadOnlyMemory<byte>? Reply(ReadOnlyMemory<byte> bytes)
    {
        lock (gate)
        {
            replies.Add(bytes.Span);
            var pass = new List<byte>();
            while ((encryptionAsked ? replies.NextByte() : replies.Next()) is { } message)
            {
                if (encryptionAsked && message[0] != 'N')
                    throw new InvalidOperationException("An encrypted connection cannot be read: SSL Mode=Disable.");
                var call = encryptionAsked || open.Count == 0 ? null : open.Peek();
                keptReply.AddRange(message);
                if (!encryptionAsked && !Answer(call, message))
                    return null;
                encryptionAsked = false;
                if (call?.Loss is not null && message[0] != CopyIn)
                    continue;
                pass.AddRange(keptReply);
                keptReply.Clear();
            }

            return pass.ToArray();
        }
    }

    /// <returns>False to cut the connection.</returns>
    private bool Greet(byte[] message)
    {
        var code = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(4));
        encryptionAsked = code is TlsRequest or GssRequest;
        started = !encryptionAsked && code != CancelRequest;
        if (started)
            open.Enqueue(new PostgresCall(null));
        return true;
    }

    /// <returns>False to cut the connection.</returns>
    private bool Hear(byte[] message)
    {
        var offset = TypeAndLength;
        switch ((char)message[0])
        {
            case 'P':
                var name = PostgresFrames.Text(message, ref offset);
                prepared[name] = PostgresFrames.Text(message, ref offset);
                return true;
            case 'B':
                PostgresFrames.Text(message, ref offset); // the portal
                statements.Add(prepared.GetValueOrDefault(PostgresFrames.Text(message, ref offset), ""));
                return true;
            case 'Q':
                statements.Add(PostgresFrames.Text(message, ref offset));
                return Begin();
            case 'S' or 'F':
                return Begin();
            default:
                return true;
        }
    }

    private bool Begin()
    {
        var loss = proxy.Take(statements);
        statements = [];
        if (loss?.Side == PostgresProxy.Side.Request)
        {
            loss.Happened.SetResult();
            return false;
        }

        open.Enqueue(new PostgresCall(loss));
        return true;
    }

    /// <returns>False to cut the connection.</returns>
    private bool Answer(PostgresCall? call, byte[] message)
    {
        if (call is null)
            return true;
        call.Failed |= message[0] == 'E';
        if (message[0] != 'Z')
            return true;
        open.Dequeue();
        if (call.Loss is not { } loss)
            return true;
        if (!call.Failed && message[TypeAndLength] == 'I')
        {
            loss.Happened.SetResult();
            return false;
        }

        call.Loss = null;
        proxy.PutBack(loss);
        return true;
    }
}
