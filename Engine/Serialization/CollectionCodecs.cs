using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Reflection;

namespace Orleans.Serialization;

/// <summary>Arrays and the collections of the base library: which there are, and what stands in for those that there are not.</summary>
internal static class CollectionCodecs
{
    private static readonly (Type Definition, Type Host, string Method)[] s_all =
    [
        (typeof(Nullable<>), typeof(SequenceCodecs), nameof(SequenceCodecs.Nullable)),
        (typeof(List<>), typeof(SequenceCodecs), nameof(SequenceCodecs.List)),
        (typeof(Queue<>), typeof(SequenceCodecs), nameof(SequenceCodecs.Queue)),
        (typeof(Stack<>), typeof(SequenceCodecs), nameof(SequenceCodecs.Stack)),
        (typeof(ReadOnlyCollection<>), typeof(SequenceCodecs), nameof(SequenceCodecs.ReadOnlyCollection)),
        (typeof(Memory<>), typeof(SequenceCodecs), nameof(SequenceCodecs.Memory)),
        (typeof(ReadOnlyMemory<>), typeof(SequenceCodecs), nameof(SequenceCodecs.ReadOnlyMemory)),
        (typeof(ImmutableArray<>), typeof(SequenceCodecs), nameof(SequenceCodecs.ImmutableArray)),
        (typeof(ImmutableList<>), typeof(SequenceCodecs), nameof(SequenceCodecs.ImmutableList)),
        (typeof(ImmutableQueue<>), typeof(SequenceCodecs), nameof(SequenceCodecs.ImmutableQueue)),
        (typeof(ImmutableStack<>), typeof(SequenceCodecs), nameof(SequenceCodecs.ImmutableStack)),
        (typeof(HashSet<>), typeof(SetCodecs), nameof(SetCodecs.HashSet)),
        (typeof(ImmutableHashSet<>), typeof(SetCodecs), nameof(SetCodecs.ImmutableHashSet)),
        (typeof(ImmutableSortedSet<>), typeof(SetCodecs), nameof(SetCodecs.ImmutableSortedSet)),
        (typeof(FrozenSet<>), typeof(SetCodecs), nameof(SetCodecs.FrozenSet)),
        (typeof(Dictionary<,>), typeof(MapCodecs), nameof(MapCodecs.Dictionary)),
        (typeof(SortedDictionary<,>), typeof(MapCodecs), nameof(MapCodecs.SortedDictionary)),
        (typeof(ImmutableDictionary<,>), typeof(MapCodecs), nameof(MapCodecs.ImmutableDictionary)),
        (typeof(ImmutableSortedDictionary<,>), typeof(MapCodecs), nameof(MapCodecs.ImmutableSortedDictionary)),
        (typeof(FrozenDictionary<,>), typeof(MapCodecs), nameof(MapCodecs.FrozenDictionary)),
    ];

    /// <summary>Tuples and pairs have members and no codec of their own; interfaces are only named, as type arguments.</summary>
    private static readonly Type[] s_onlyNamed =
    [
        typeof(KeyValuePair<,>), typeof(Tuple<>), typeof(Tuple<,>), typeof(Tuple<,,>), typeof(Tuple<,,,>), typeof(Tuple<,,,,>), typeof(Tuple<,,,,,>),
        typeof(Tuple<,,,,,,>), typeof(Tuple<,,,,,,,>), typeof(ValueTuple<>), typeof(ValueTuple<,>), typeof(ValueTuple<,,>), typeof(ValueTuple<,,,>),
        typeof(ValueTuple<,,,,>), typeof(ValueTuple<,,,,,>), typeof(ValueTuple<,,,,,,>), typeof(ValueTuple<,,,,,,,>),
        typeof(IEnumerable<>), typeof(IReadOnlyCollection<>), typeof(IReadOnlyList<>), typeof(ICollection<>), typeof(IList<>), typeof(ISet<>),
        typeof(IReadOnlySet<>), typeof(IDictionary<,>), typeof(IReadOnlyDictionary<,>), typeof(IImmutableList<>), typeof(IImmutableSet<>),
        typeof(IImmutableDictionary<,>),
    ];

    private static readonly FrozenDictionary<Type, string> s_substitutes = new Dictionary<Type, string>
    {
        [typeof(IEnumerable<>)] = nameof(SequenceCodecs.ToArray),
        [typeof(IReadOnlyCollection<>)] = nameof(SequenceCodecs.ToArray),
        [typeof(IReadOnlyList<>)] = nameof(SequenceCodecs.ToArray),
        [typeof(ICollection<>)] = nameof(SequenceCodecs.ToList),
        [typeof(IList<>)] = nameof(SequenceCodecs.ToList),
        [typeof(ISet<>)] = nameof(SetCodecs.ToHashSet),
        [typeof(IReadOnlySet<>)] = nameof(SetCodecs.ToHashSet),
        [typeof(IDictionary<,>)] = nameof(MapCodecs.ToDictionary),
        [typeof(IReadOnlyDictionary<,>)] = nameof(MapCodecs.ToDictionary),
        [typeof(IImmutableList<>)] = nameof(SequenceCodecs.ToImmutableList),
        [typeof(IImmutableSet<>)] = nameof(SetCodecs.ToImmutableHashSet),
        [typeof(IImmutableDictionary<,>)] = nameof(MapCodecs.ToImmutableDictionary),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Type, (Type Host, string Method)> s_codecs = s_all.ToFrozenDictionary(c => c.Definition, c => (c.Host, c.Method));

    /// <summary>In an order that is the same on every silo.</summary>
    public static IEnumerable<Type> Definitions => s_all.Select(c => c.Definition).Concat(s_onlyNamed);

    public static bool Supports(Type type) => type.IsGenericType && s_codecs.ContainsKey(type.GetGenericTypeDefinition());

    public static bool IsOfBaseLibrary(Type type) => type.Assembly == typeof(object).Assembly
        || type.Assembly.GetName().Name is { } name && (name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal));

    public static ValueCodec<T>? For<T>()
    {
        if (typeof(T).IsSZArray)
            return Bind<T>(typeof(SequenceCodecs), typeof(T) == typeof(byte[]) ? nameof(SequenceCodecs.Bytes) : nameof(SequenceCodecs.Array),
                typeof(T) == typeof(byte[]) ? [] : [typeof(T).GetElementType()!]);
        if (typeof(T).IsArray)
            throw new ArgumentException($"{typeof(T)} cannot be sent to another silo: it has several dimensions. Use an array of arrays.");
        return Supports(typeof(T)) && s_codecs[typeof(T).GetGenericTypeDefinition()] is var (host, method) ? Bind<T>(host, method, typeof(T).GenericTypeArguments) : null;
    }

    /// <summary>Makes a known collection of an unknown one that was declared as an interface of the base library; null for other types.</summary>
    public static Func<object, object>? SubstituteFor(Type declared)
    {
        if (!declared.IsConstructedGenericType || !s_substitutes.TryGetValue(declared.GetGenericTypeDefinition(), out var method))
            return null;
        var host = new[] { typeof(SequenceCodecs), typeof(SetCodecs), typeof(MapCodecs) }.First(type => type.GetMethod(method) is not null);
        return host.GetMethod(method)!.MakeGenericMethod(declared.GenericTypeArguments).CreateDelegate<Func<object, object>>();
    }

    private static ValueCodec<T> Bind<T>(Type host, string method, Type[] arguments)
    {
        var definition = host.GetMethod(method, BindingFlags.Static | BindingFlags.Public)!;
        return (ValueCodec<T>)(arguments.Length == 0 ? definition : definition.MakeGenericMethod(arguments)).Invoke(null, null)!;
    }
}
