using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Orleans.Dispatch;
using Orleans.Serialization;

namespace Orleans.Messaging;

/// <summary>The connection by which another silo calls this one.</summary>
internal sealed class IncomingConnection(Interconnect home, Socket socket) : Connection(new(home.Silo))
{
    private readonly ConcurrentDictionary<long, Incoming> _running = new();
    private readonly SemaphoreSlim _resume = new(0);
    private int _unanswered;

    /// <summary>The silo at the other end; null until it has proved which one it is.</summary>
    public string? Silo { get; private set; }

    public void Answer(long number, WireWriter frame)
    {
        _running.TryRemove(number, out _);
        Post(frame, number, isAnswer: true);
    }

    public void SendElsewhere(long number)
    {
        var frame = Frames.Begin(FrameKind.Elsewhere);
        frame.WriteNumber((ulong)home.Locator.Version);
        Answer(number, frame);
    }

    protected override async Task<Stream> OpenAsync(CancellationToken cancellation)
    {
        socket.NoDelay = true;
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            using var time = new CancellationTokenSource(Handshake.Time, home.Silo.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellation);
            await stream.AuthenticateAsServerAsync(Handshake.ServerOptions(home.Certificate), both.Token);
            Silo = await WelcomeAsync(stream, both.Token);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    protected override void Handle(FrameKind kind, long number, WireReader reader)
    {
        switch (kind)
        {
            case FrameKind.Ping:
                break;
            case FrameKind.Cancel:
                if (_running.TryRemove(number, out var cancelled))
                    cancelled.Cancel();
                break;
            case FrameKind.Request:
            case FrameKind.HandOver:
                Interlocked.Increment(ref _unanswered);
                Take(kind, number, reader);
                break;
            default:
                throw new WireFormatException($"Frames of kind {kind} do not come on this side of a connection.");
        }
    }

    protected override async ValueTask BeforeNextAsync()
    {
        while (IsTooBusy)
        {
            Paused = true;
            if (IsTooBusy && !IsClosed)
                await _resume.WaitAsync();
            if (IsClosed)
                throw new IOException("the connection was closed");
        }
        Paused = false;
    }

    protected override void OnSent(bool isAnswer)
    {
        if (isAnswer)
            Answered();
        else if (Paused)
            _resume.Release();
    }

    protected override void OnClosed(Exception reason)
    {
        _resume.Release();
        home.Closed(this, reason);
        foreach (var (number, _) in _running)
            if (_running.TryRemove(number, out var incoming))
                incoming.Cancel();
    }

    private bool IsTooBusy => Volatile.Read(ref _unanswered) >= home.Options.UnansweredMax || QueuedBytes > home.Options.QueuedBytesMax;

    private void Answered()
    {
        Interlocked.Decrement(ref _unanswered);
        if (Paused)
            _resume.Release();
    }

    private void Take(FrameKind kind, long number, WireReader reader)
    {
        try
        {
            var version = (long)reader.ReadNumber();
            if (kind == FrameKind.HandOver)
                _ = home.HandOverAsync(this, number, RequestFrames.ReadHandOver(reader), version);
            else
                Take(number, RequestFrames.Read(reader, new(this, number)), version);
        }
#pragma warning disable CA1031 // One request that cannot be read is refused; the frames after it can be read.
        catch (Exception error)
        {
            var refusal = Frames.Begin(FrameKind.Refused);
            refusal.WriteText($"it cannot be read: {error.Message}");
            Answer(number, refusal);
        }
#pragma warning restore CA1031
    }

    private void Take(long number, Request request, long version)
    {
        if (!_running.TryAdd(number, request.Origin!))
            throw new WireFormatException($"Call {number} is running already.");
        home.Admit(request, version);
    }

    private async Task<string> WelcomeAsync(SslStream stream, CancellationToken cancellation)
    {
        var hash = Handshake.HashOf(stream.RemoteCertificate ?? throw new AuthenticationException("it has no certificate"));
        if (await home.SiloOfAsync(hash, cancellation) is not { } silo)
            throw await RefuseAsync(stream, $"silo {home.Locator.Self} knows no living silo with its certificate", cancellation);
        var (kind, hello) = await Handshake.ReceiveAsync(stream, cancellation);
        var problem = kind == FrameKind.Hello ? Handshake.ProblemOf(hello, silo, home.Locator.Self, home.Manifest) : "that is not a silo's greeting";
        if (problem is not null)
            throw await RefuseAsync(stream, problem, cancellation);
        await Handshake.SendAsync(stream, Frames.Begin(FrameKind.Welcome), cancellation);
        return silo;
    }

    private static async Task<AuthenticationException> RefuseAsync(SslStream stream, string reason, CancellationToken cancellation)
    {
        var frame = Frames.Begin(FrameKind.Unwelcome);
        frame.WriteText(reason);
        await Handshake.SendAsync(stream, frame, cancellation);
        return new(reason);
    }
}
