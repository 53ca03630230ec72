using System.Buffers;
using System.Threading.Channels;
using Orleans.Activations;
using Orleans.Serialization;

namespace Orleans.Messaging;

/// <summary>
/// One connection to or from another silo. What is to be sent gathers in a queue that one loop empties, many frames in a write; another loop
/// reads. Either side shows a sign of life each second, and gives the other up that has shown none for five.
/// </summary>
internal abstract class Connection(WireReader reader) : IWatched
{
    private const int GatheredBytes = 32 * 1024;
    private const int ReadBytes = 64 * 1024;
    private const int PingTicks = 1_000 / RequestMonitor.TickMs;
    private const int SilentTicksMax = 5_000 / RequestMonitor.TickMs;

    private readonly Channel<Outgoing> _queue = Channel.CreateUnbounded<Outgoing>(new() { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private Stream? _stream;
    private long _queuedBytes;
    private int _closed;

    // Ticks of the monitor and not times: a process that was stopped for a while has not listened, so nobody was silent.
    private int _idleTicks;
    private int _silentTicks;

    public long QueuedBytes => Interlocked.Read(ref _queuedBytes);
    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>Whether nothing is read because too much is unanswered.</summary>
    protected volatile bool Paused;

    /// <summary>Makes the connection and proves who is at the other end.</summary>
    protected abstract Task<Stream> OpenAsync(CancellationToken cancellation);

    protected abstract void Handle(FrameKind kind, long number, WireReader reader);

    /// <summary>Waits while too much is unanswered.</summary>
    protected abstract ValueTask BeforeNextAsync();

    /// <summary>It has ended, once and for all.</summary>
    protected abstract void OnClosed(Exception reason);

    /// <summary>A frame has left, or never will.</summary>
    protected virtual void OnSent(bool isAnswer) { }

    /// <summary>Begins in a flow of its own: the caller's context and scheduler must not come along.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(static connection => _ = connection.RunAsync(), this, preferLocal: false);

    /// <summary>Queues a frame, which is the connection's from now on.</summary>
    public void Post(WireWriter frame, long number, PendingCall? call = null, bool isAnswer = false)
    {
        Frames.Seal(frame, number);
        var outgoing = new Outgoing(frame, call, isAnswer);
        Interlocked.Add(ref _queuedBytes, frame.Length);
        if (!_queue.Writer.TryWrite(outgoing))
            Drop(outgoing);
    }

    public void Post(FrameKind kind, long number) => Post(Frames.Begin(kind), number);

    /// <summary>Sends what is queued, then ends.</summary>
    public void Finish() => _queue.Writer.TryComplete();

    public void Close(Exception reason)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        _queue.Writer.TryComplete();
        _ = _stop.CancelAsync();
        _stream?.Dispose();
        OnClosed(reason);
    }

    /// <summary>Called with each tick of the monitor.</summary>
    public virtual bool Inspect(long now)
    {
        if (IsClosed)
            return false;
        if (_stream is null)
            return true;
        if (++_idleTicks >= PingTicks)
        {
            _idleTicks = 0;
            Post(FrameKind.Ping, 0);
        }
        if (!Paused && ++_silentTicks >= SilentTicksMax)
            // Not here: whoever waits is told, and the other connections wait for this tick.
            ThreadPool.UnsafeQueueUserWorkItem(static c => c.Close(new TimeoutException("nothing was heard from it for 5 s")), this, preferLocal: false);
        return true;
    }

    private async Task RunAsync()
    {
        try
        {
            var stream = await OpenAsync(_stop.Token);
            Volatile.Write(ref _stream, stream);
            if (IsClosed)
                await stream.DisposeAsync();
            Task[] loops = [ReadAllAsync(stream), WriteAllAsync(stream)];
            var first = await Task.WhenAny(loops);
            Close(first.Exception?.InnerException ?? new IOException("the connection was closed"));
            await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
#pragma warning disable CA1031 // Whatever it was: who waits must be told, and the next call connects anew.
        catch (Exception error)
        {
            Close(error);
        }
#pragma warning restore CA1031
        while (_queue.Reader.TryRead(out var left))
            Drop(left);
    }

    private async Task WriteAllAsync(Stream stream)
    {
        var gathered = new byte[GatheredBytes];
        while (await _queue.Reader.WaitToReadAsync())
        {
            var have = 0;
            while (_queue.Reader.TryRead(out var next))
                have = await WriteAsync(stream, next, gathered, have);
            if (have > 0)
                await stream.WriteAsync(gathered.AsMemory(0, have));
            await stream.FlushAsync();
            _idleTicks = 0;
        }
    }

    /// <summary>Small pieces gather; large ones go out as they are.</summary>
    private async ValueTask<int> WriteAsync(Stream stream, Outgoing next, byte[] gathered, int have)
    {
        next.Call?.NoteWritten();
        try
        {
            for (var i = 0; i < next.Frame.PieceCount; i++)
            {
                var piece = next.Frame.Piece(i);
                if (piece.Length > gathered.Length - have)
                {
                    await stream.WriteAsync(gathered.AsMemory(0, have));
                    have = 0;
                }
                if (piece.Length > gathered.Length / 2)
                {
                    if (have > 0)
                        await stream.WriteAsync(gathered.AsMemory(0, have));
                    have = 0;
                    await stream.WriteAsync(piece);
                    continue;
                }
                piece.CopyTo(gathered.AsMemory(have));
                have += piece.Length;
            }
            return have;
        }
        finally
        {
            Drop(next);
        }
    }

    private void Drop(in Outgoing frame)
    {
        Interlocked.Add(ref _queuedBytes, -frame.Frame.Length);
        frame.Frame.Release();
        OnSent(frame.IsAnswer);
    }

    private async Task ReadAllAsync(Stream stream)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            for (var have = 0; ;)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(have));
                if (read == 0)
                    throw new IOException("the other side closed the connection");
                _silentTicks = 0;
                have += read;
                var (done, wanted) = await HandleAllAsync(buffer, have);
                have -= done;
                buffer = MakeRoom(buffer, done, have, wanted);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>The bytes that are done with, and how many the next frame has at least.</returns>
    private async ValueTask<(int Done, int Wanted)> HandleAllAsync(byte[] buffer, int have)
    {
        var at = 0;
        while (have - at >= Frames.LengthBytes)
        {
            var length = Frames.LengthOf(buffer.AsSpan(at), WireLimits.FrameBytesMax);
            if (have - at - Frames.LengthBytes < length)
                return (at, Frames.LengthBytes + length);
            reader.Begin(buffer, at + Frames.LengthBytes, length);
            Handle((FrameKind)reader.ReadByte(), reader.ReadInt64(), reader);
            at += Frames.LengthBytes + length;
            await BeforeNextAsync();
        }
        return (at, Frames.LengthBytes);
    }

    /// <summary>A frame that is larger than the buffer is read straight into one of its size.</summary>
    private static byte[] MakeRoom(byte[] buffer, int done, int have, int wanted)
    {
        if (wanted <= buffer.Length && (wanted > ReadBytes || buffer.Length <= ReadBytes))
        {
            buffer.AsSpan(done, have).CopyTo(buffer);
            return buffer;
        }
        var other = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, ReadBytes));
        buffer.AsSpan(done, have).CopyTo(other);
        ArrayPool<byte>.Shared.Return(buffer);
        return other;
    }

    /// <param name="Frame">Its bytes.</param>
    /// <param name="Call">Who waits for an answer to it.</param>
    /// <param name="IsAnswer">Whether it answers a request of the other side.</param>
    private readonly record struct Outgoing(WireWriter Frame, PendingCall? Call, bool IsAnswer);
}
