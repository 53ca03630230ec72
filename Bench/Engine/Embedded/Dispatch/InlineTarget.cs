using Orleans.Dispatch;

namespace Hearth.Bench.Engine.Dispatch;

/// <summary>Runs requests on the spot, so that what is measured is reference, request and answer, and no queue.</summary>
internal sealed class InlineTarget(object grain) : IRequestTarget
{
    public bool TryAccept(Request request)
    {
        request.Invoke(grain);
        return true;
    }
}
