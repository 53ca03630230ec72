using Orleans.Dispatch;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Orleans.Messaging;

/// <summary>A grain call that waits for another silo's answer.</summary>
internal sealed class RequestCall(Interconnect home, string silo, Request request) : PendingCall
{
    /// <summary>The other silo's own time-out comes first, because it can say what the grain was doing.</summary>
    private const long GraceMs = 500;

    private CancellationTokenRegistration _cancellation;
    private volatile bool _ended;

    /// <summary>Tells the other silo when the caller stops waiting.</summary>
    public void Heed(OutgoingConnection connection)
    {
        if (request.Cancellation.CanBeCanceled)
            _cancellation = request.Cancellation.UnsafeRegister(static state =>
            {
                var (connection, call) = ((OutgoingConnection, RequestCall))state!;
                connection.Forget(call);
            }, (connection, this));
        if (_ended)
            _cancellation.Unregister();
    }

    public override void Answered(FrameKind kind, WireReader reader)
    {
        End();
        switch (kind)
        {
            case FrameKind.Answer:
                request.TakeAnswer(reader);
                break;
            case FrameKind.Failure:
                request.FailElsewhere(ExceptionCodec.Read(reader));
                break;
            case FrameKind.Elsewhere:
                home.Retry(request, silo, (long)reader.ReadNumber());
                break;
            default:
                request.FailElsewhere(new OrleansMessageRejectionException($"Silo {silo} did not take {request.Method.Name}: {reader.ReadText()}"));
                break;
        }
    }

    public override void Fail(Exception error)
    {
        End();
        request.FailElsewhere(error);
    }

    private void End()
    {
        _ended = true;
        _cancellation.Unregister();
    }

    public override bool IsOver(long now)
    {
        if (request.IsSettled)
        {
            End();
            return true;
        }
        var time = home.TimeOf(request);
        if (now - request.SentAt < time.TotalMilliseconds + GraceMs)
            return false;
        Fail(new TimeoutException($"{request.Method.Name} of {request.Target} did not answer within {time.TotalSeconds:0.###} s: silo {silo}, where it lives, has not answered."));
        return true;
    }
}
