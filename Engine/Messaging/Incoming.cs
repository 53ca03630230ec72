using Orleans.Dispatch;
using Orleans.Serialization;

namespace Orleans.Messaging;

/// <summary>A request of another silo while it is here, and the way back for its answer.</summary>
internal sealed class Incoming(IncomingConnection connection, long number)
{
    private CancellationTokenSource? _source;

    public Request? Request { get; set; }

    /// <summary>Fires when the caller stops waiting.</summary>
    public CancellationToken Token => (_source ??= new()).Token;

    /// <summary>Writes a result while its owner's turn lasts, before anybody is told.</summary>
    public static WireWriter Encode<T>(T result)
    {
        var frame = Frames.Begin(FrameKind.Answer);
        try
        {
            Codec<T>.Write(frame, result);
            return frame;
        }
        catch
        {
            frame.Release();
            throw;
        }
    }

    public void Answer(WireWriter frame) => connection.Answer(number, frame);

    public void Fail(Exception error)
    {
        var frame = Frames.Begin(FrameKind.Failure);
        try
        {
            ExceptionCodec.Write(frame, error);
        }
#pragma warning disable CA1031 // The caller gets an error in any case.
        catch (Exception unsendable)
        {
            frame.Release();
            frame = Frames.Begin(FrameKind.Failure);
            ExceptionCodec.Write(frame, new UnavailableExceptionFallbackException($"{error.GetType().FullName}: {error.Message} (It cannot be sent whole: {unsendable.Message})")
            {
                ExceptionType = error.GetType().FullName,
            });
        }
#pragma warning restore CA1031
        connection.Answer(number, frame);
    }

    /// <summary>It has not run, and does not belong here.</summary>
    public void SendElsewhere() => connection.SendElsewhere(number);

    public void Cancel()
    {
        _ = _source?.CancelAsync();
        // Without a token in its parameters, or before it got to run.
        Request?.FailElsewhere(new OperationCanceledException("The caller no longer waits."));
    }
}
