namespace Orleans.Dispatch;

/// <summary>Where requests for one grain id go: an activation, or the activations of a stateless worker.</summary>
internal interface IRequestTarget
{
    /// <summary>Takes the request over, unless this target has ended and another must be looked up.</summary>
    bool TryAccept(Request request);
}
