using Orleans.Activations;
using Orleans.Dispatch;
using Orleans.Discovery;

namespace Orleans.Runtime;

/// <summary>
/// Stands for a grain wherever it is. Base of the classes that are generated for grain interfaces; equal when they name
/// the same grain. Keeping one saves the look-up of the activation with every call.
/// </summary>
#pragma warning disable MA0053 // The generated classes derive from it.
public class GrainReference : IAddressable, IEquatable<GrainReference>
{
#pragma warning restore MA0053
    private IRequestTarget? _target;

    internal GrainReference(GrainInterface shared, string key) => (Shared, Key) = (shared, key);

    /// <summary>The id of the grain.</summary>
    public GrainId GrainId => GrainId.Create(Shared.Class.GrainType, Key);

    internal GrainInterface Shared { get; }
    internal string Key { get; }

    public static bool operator ==(GrainReference? reference1, GrainReference? reference2) => Equals(reference1, reference2);
    public static bool operator !=(GrainReference? reference1, GrainReference? reference2) => !Equals(reference1, reference2);

    public bool Equals(GrainReference? other) =>
        other is not null && ReferenceEquals(Shared.Class, other.Shared.Class) && Key == other.Key;

    public override bool Equals(object? obj) => Equals(obj as GrainReference);
    public override int GetHashCode() => HashCode.Combine(Shared.Class, Key);
    public sealed override string ToString() => $"{Shared.Type.Name} {Shared.Class.GrainType}/{Key}";

    internal object As(Type interfaceType) =>
        interfaceType.IsInstanceOfType(this) ? this : Shared.Class.Silo.Refer(Shared.Class, interfaceType, Key);

    internal IRequestTarget? CachedTarget { get => _target; set => _target = value; }

    internal Task<T> Call<T>(Request<T> request)
    {
        var response = request.Response;
        request.Parent = Activation.RunningRequest;
        Send(request);
        return response;
    }

    internal Task<T> Call<T>(Request<T> request, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellation);
        var response = request.Response;
        request.Parent = Activation.RunningRequest;
        request.CancelWith(cancellation);
        Send(request);
        return response;
    }

    internal ValueTask CallValue(Request<Nothing> request) => new(Call(request));
    internal ValueTask CallValue(Request<Nothing> request, CancellationToken cancellation) => new(Call(request, cancellation));
    internal ValueTask<T> CallValue<T>(Request<T> request) => new(Call(request));
    internal ValueTask<T> CallValue<T>(Request<T> request, CancellationToken cancellation) => new(Call(request, cancellation));

    /// <summary>Sends without a way back: a chain of calls ends here, because nobody waits.</summary>
    internal Task CallOneWay(Request<Nothing> request)
    {
        Send(request);
        return Task.CompletedTask;
    }

    internal ValueTask CallOneWayValue(Request<Nothing> request)
    {
        Send(request);
        return ValueTask.CompletedTask;
    }

    private void Send(Request request)
    {
        request.Target = this;
        request.Context = RequestContext.Values;
        Shared.Class.Silo.Router.Send(this, request);
    }
}
