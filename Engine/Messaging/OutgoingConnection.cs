using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Orleans.Embedded;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Orleans.Messaging;

/// <summary>
/// The connection by which this silo calls another. Calls queue from the start, while it is still being made. When it ends, calls that were
/// not written have certainly not run; those that were may have.
/// </summary>
internal sealed class OutgoingConnection(Interconnect home, string silo, SiloEndpoint endpoint) : Connection(new(home.Silo))
{
    private static readonly TimeSpan s_connectTime = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, PendingCall> _pending = [];
    private long _last;
    private bool _ended;

    public SiloEndpoint Endpoint => endpoint;

    /// <summary>Takes a call and its frame over; not when the connection has ended, or is too busy.</summary>
    public SendResult TrySend(PendingCall call, WireWriter frame)
    {
        lock (_gate)
        {
            if (_ended)
                return SendResult.Ended;
            if (!call.IsUrgent && (_pending.Count >= home.Options.CallsMax || QueuedBytes > home.Options.QueuedBytesMax))
                return SendResult.Busy;
            call.Number = ++_last;
            _pending.Add(call.Number, call);
        }
        Post(frame, call.Number, call);
        return SendResult.Sent;
    }

    /// <summary>Nobody waits for it any more; the other silo is told.</summary>
    public void Forget(PendingCall call)
    {
        if (Take(call.Number) is not null)
            Post(FrameKind.Cancel, call.Number);
    }

    public override bool Inspect(long now)
    {
        List<PendingCall> over = [];
        lock (_gate)
            foreach (var (_, call) in _pending)
                if (call.IsOver(now))
                    over.Add(call);
        over.ForEach(Forget);
        return base.Inspect(now);
    }

    protected override async Task<Stream> OpenAsync(CancellationToken cancellation)
    {
        var socket = await ConnectAsync(cancellation);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            using var time = new CancellationTokenSource(Handshake.Time, home.Silo.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellation);
            await GreetAsync(stream, both.Token);
            return stream;
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            await stream.DisposeAsync();
            throw new TimeoutException($"the handshake took more than {Handshake.Time.TotalSeconds} s", error);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    protected override void Handle(FrameKind kind, long number, WireReader reader)
    {
        if (kind == FrameKind.Ping)
            return;
        if (kind is < FrameKind.Answer or > FrameKind.Refused)
            throw new WireFormatException($"Frames of kind {kind} do not come on this side of a connection.");
        // An answer to what was cancelled or has timed out is nobody's.
        if (Take(number) is not { } call)
            return;
        try
        {
            call.Answered(kind, reader);
        }
#pragma warning disable CA1031 // An answer that cannot be read is one call's mishap; the frames after it can be read.
        catch (Exception error)
        {
            call.Fail(new OrleansException($"Silo {silo} answered, but the answer cannot be read: {error.Message}", error));
        }
#pragma warning restore CA1031
    }

    protected override ValueTask BeforeNextAsync() => default;

    protected override void OnClosed(Exception reason)
    {
        PendingCall[] left;
        lock (_gate)
        {
            _ended = true;
            left = [.. _pending.Values];
            _pending.Clear();
        }
        home.Closed(silo, this, reason);
        foreach (var call in left)
            call.Fail(call.IsWritten
                ? new SiloUnavailableException($"The connection to silo {silo} ended before it answered ({reason.Message}). The call may have run there, or not.", reason)
                : new OrleansMessageRejectionException($"Silo {silo} cannot be reached: {reason.Message}. The call was not sent.", reason));
    }

    private PendingCall? Take(long number)
    {
        lock (_gate)
            return _pending.Remove(number, out var call) ? call : null;
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var time = new CancellationTokenSource(s_connectTime, home.Silo.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellation);
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, both.Token);
            return socket;
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException($"nothing answered at {endpoint.Host}:{endpoint.Port} within {s_connectTime.TotalSeconds} s", error);
        }
        catch (Exception error)
        {
            socket.Dispose();
            if (error is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
                home.Locator.Refused(silo);
            throw;
        }
    }

    private async Task GreetAsync(SslStream stream, CancellationToken cancellation)
    {
        await stream.AuthenticateAsClientAsync(Handshake.ClientOptions(home.Certificate, silo, endpoint), cancellation);
        await Handshake.SendAsync(stream, Handshake.Hello(home.Locator.Self, silo, home.Manifest), cancellation);
        var (kind, answer) = await Handshake.ReceiveAsync(stream, cancellation);
        if (kind != FrameKind.Welcome)
            throw new AuthenticationException(kind == FrameKind.Unwelcome ? $"it refused the connection, because {answer.ReadText()}" : "it did not answer as a silo does");
    }
}

internal enum SendResult
{
    Sent,

    /// <summary>The connection takes nothing more; another one will.</summary>
    Ended,

    /// <summary>Too many calls are unanswered, or too many bytes wait.</summary>
    Busy,
}
