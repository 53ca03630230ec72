using Orleans.Activations;
using Orleans.Dispatch;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>
/// The one place that knows where a grain lives and how a request gets there. Here that is this process. With several
/// silos, <see cref="Locate"/> is where the pick is made and another silo's target is returned; nothing else changes.
/// </summary>
internal sealed class Router(RequestMonitor monitor)
{
    /// <summary>A grain that ends whenever it begins must not send its calls round for ever.</summary>
    private const int ForwardsMax = 20;

    private volatile SiloStatus _status = SiloStatus.Created;

    public SiloStatus Status { get => _status; set => _status = value; }

    public void Send(GrainReference grain, Request request)
    {
        request.FromGrain = Activation.Current is not null;
        if (!Takes(request))
        {
            request.FailElsewhere(Unavailable(grain));
            return;
        }
        request.SentAt = monitor.Now;
        Deliver(grain, request);
    }

    /// <summary>Where requests go that an ended activation left over.</summary>
    public void SendAgain(Request request)
    {
        if (request.Target is not { } grain || request.IsSettled)
            return;
        if (!Takes(request))
            request.FailElsewhere(Unavailable(grain));
        else if (request.Forwards++ >= ForwardsMax)
            request.FailElsewhere(new OrleansMessageRejectionException(
                $"{request.Method.Name} was sent on {ForwardsMax} times, because one activation of {grain} after the other ended before it got to it."));
        else
            Deliver(grain, request);
    }

    private static void Deliver(GrainReference grain, Request request)
    {
        while (true)
        {
            var target = grain.CachedTarget ??= Locate(grain);
            if (target.TryAccept(request))
                return;
            // It ended between look-up and now; the directory no longer has it.
            grain.CachedTarget = null;
        }
    }

    private static IRequestTarget Locate(GrainReference grain) => grain.Shared.Class.Target(grain.Key);

    /// <summary>A grain that is shutting down may need others to do so.</summary>
    private bool Takes(Request request) =>
        _status is var status && (status == SiloStatus.Running || (status == SiloStatus.Stopping && request.FromGrain));

    private SiloUnavailableException Unavailable(GrainReference grain) => new(_status == SiloStatus.Created
        ? $"{grain} was called before its host has started. Start the host first; hosted services that call grains are registered after UseOrleans."
        : $"{grain} was called, but its host is stopping or has stopped and takes no more calls.");
}

internal enum SiloStatus
{
    Created,
    Running,
    Stopping,
    Stopped,
}
