using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Runtime;

namespace Orleans.Copying;

internal delegate T Copy<T>(T value, CopyContext context);

/// <summary>Copies values of a declared type, which may be of a derived type. Put together once for each type.</summary>
internal static class Copier<T>
{
    private static readonly Copy<T> s_copy = Make();

    /// <summary>Copies an argument or a result.</summary>
    public static T Copy(T value) => value is null ? value : s_copy(value, new CopyContext());

    public static T Copy(T value, CopyContext context) => value is null ? value : s_copy(value, context);

    private static Copy<T> Make()
    {
        if (Copyable.IsImmutable(typeof(T)))
            return static (value, _) => value;
        if (typeof(T).IsInterface && typeof(IAddressable).IsAssignableFrom(typeof(T)))
            return static (value, _) => value is GrainReference ? value : ((IAddressable)value!).AsReference<T>();
        if (Copyable.IsOpen(typeof(T)))
            return static (value, context) => (T)Copiers.CopyObject(value!, context);
        return ExactCopier<T>.Copy;
    }
}

/// <summary>Copies values whose type is exactly the given one.</summary>
internal static class ExactCopier<T>
{
    public static readonly Copy<T> Copy = Make();

    private static Copy<T> Make()
    {
        try
        {
            if (Copyable.IsImmutable(typeof(T)))
                return static (value, _) => value;
            return CollectionCopiers.For<T>() ?? MemberCopier<T>.Make();
        }
        catch (ArgumentException unsupported)
        {
            // Thrown anew with each call: from here it would surface as a failed type initialiser, once.
            return (_, _) => throw new ArgumentException(unsupported.Message, unsupported);
        }
    }
}

/// <summary>Copies values by the type that they turn out to have.</summary>
internal static class Copiers
{
    private static readonly ConcurrentDictionary<Type, Copy<object>> s_byType = new();
    private static readonly MethodInfo s_copyAs = typeof(Copiers).GetMethod(nameof(CopyAs), BindingFlags.Static | BindingFlags.NonPublic)!;

    public static object CopyObject(object value, CopyContext context)
    {
        if (value is GrainReference or Type or Exception || value.GetType() == typeof(object))
            return value;
        if (value is IAddressable grain)
            return grain.ToReference();
        return s_byType.GetOrAdd(value.GetType(), static type => s_copyAs.MakeGenericMethod(type).CreateDelegate<Copy<object>>())(value, context);
    }

    private static object CopyAs<T>(object value, CopyContext context) => ExactCopier<T>.Copy((T)value, context)!;
}
