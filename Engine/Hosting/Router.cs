using Orleans.Activations;
using Orleans.Dispatch;
using Orleans.Messaging;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>
/// The one place that knows where a grain lives and how a request gets there: in this process, or where the interconnect says.
/// </summary>
internal sealed class Router(RequestMonitor monitor)
{
    /// <summary>A grain that ends whenever it begins must not send its calls round for ever.</summary>
    private const int ForwardsMax = 20;

    private volatile SiloStatus _status = SiloStatus.Created;

    /// <summary>The other silos; null where this is the only one.</summary>
    public Interconnect? Others { get; set; }

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
        if (!Takes(request) && request.Origin is not null)
            request.SendBack();
        else if (!Takes(request))
            request.FailElsewhere(Unavailable(grain));
        else if (request.Origin is not null && !Others!.LivesHere(grain.Shared.Class, grain.Key))
            request.SendBack();
        else if (request.Forwards++ >= ForwardsMax)
            request.FailElsewhere(new OrleansMessageRejectionException(
                $"{request.Method.Name} was sent on {ForwardsMax} times, because one activation of {grain} after the other ended before it got to it."));
        else
            Deliver(grain, request);
    }

    /// <summary>A request that another silo has sent back without running it.</summary>
    public void SendAnew(Request request)
    {
        if (Takes(request))
            Deliver(request.Target!, request);
        else
            request.FailElsewhere(Unavailable(request.Target!));
    }

    /// <summary>A request of another silo for a grain of this one.</summary>
    public static void Accept(Request request)
    {
        while (!request.Target!.Shared.Class.Target(request.Target.Key).TryAccept(request))
        {
            // It ended in between; the next one is another.
        }
    }

    private void Deliver(GrainReference grain, Request request)
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

    private IRequestTarget Locate(GrainReference grain) => Others is { } others ? others.Locate(grain) : grain.Shared.Class.Target(grain.Key);

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
