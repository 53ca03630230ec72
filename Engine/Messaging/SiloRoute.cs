using Orleans.Dispatch;

namespace Orleans.Messaging;

/// <summary>Where requests for grains of another silo go, as long as the view is the one that says so.</summary>
internal sealed class SiloRoute(Interconnect home, string silo, long version) : IRequestTarget
{
    public string Silo => silo;
    public long Version => version;

    public bool TryAccept(Request request)
    {
        if (home.Locator.Version != version)
            return false;
        home.Send(silo, request);
        return true;
    }
}

/// <summary>No silo qualifies for the grain.</summary>
internal sealed class NoRoute(Interconnect home, long version) : IRequestTarget
{
    public bool TryAccept(Request request)
    {
        if (home.Locator.Version != version)
            return false;
        request.FailElsewhere(new Orleans.Runtime.OrleansMessageRejectionException(
            $"No silo qualifies for {request.Target}. Its key begins with the pool or the silo that it lives in: start a silo there, or make one active. The call was not sent."));
        return true;
    }
}
