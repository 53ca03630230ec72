using Orleans.Runtime;

namespace Orleans;

/// <summary>What can be asked of any grain or reference.</summary>
public static class GrainExtensions
{
    /// <summary>The key that the grain was got by.</summary>
    public static string GetPrimaryKeyString(this IAddressable grain) => grain switch
    {
        GrainReference reference => reference.Key,
        _ => grain.GetGrainId().Key.ToString(),
    };

    /// <summary>The id of the grain.</summary>
    public static GrainId GetGrainId(this IAddressable grain) => grain.ToReference().GrainId;

    /// <summary>A reference that can be handed out: a grain passes this instead of <c>this</c>.</summary>
    /// <exception cref="InvalidCastException">The grain class does not implement the interface.</exception>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain) =>
        (TGrainInterface)grain.AsReference(typeof(TGrainInterface));

    /// <inheritdoc cref="AsReference{TGrainInterface}"/>
    public static object AsReference(this IAddressable grain, Type interfaceType) =>
        grain.ToReference().As(interfaceType);

    /// <inheritdoc cref="AsReference{TGrainInterface}"/>
    public static TGrainInterface Cast<TGrainInterface>(this IAddressable grain) => grain.AsReference<TGrainInterface>();

    internal static GrainReference ToReference(this IAddressable grain)
    {
        ArgumentNullException.ThrowIfNull(grain);
        return grain switch
        {
            GrainReference reference => reference,
            IGrainBase { GrainContext.GrainReference: { } own } => own,
            _ => throw new ArgumentException(
                $"{grain.GetType().FullName} is neither a reference nor a grain that the engine made.", nameof(grain)),
        };
    }
}
