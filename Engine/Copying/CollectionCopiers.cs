using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Reflection;

namespace Orleans.Copying;

/// <summary>Copies arrays and the collections of the base library.</summary>
internal static class CollectionCopiers
{
    private static readonly FrozenDictionary<Type, string> s_methods = new Dictionary<Type, string>
    {
        [typeof(Nullable<>)] = nameof(CopyNullable),
        [typeof(List<>)] = nameof(CopyList),
        [typeof(Dictionary<,>)] = nameof(CopyDictionary),
        [typeof(SortedDictionary<,>)] = nameof(CopySortedDictionary),
        [typeof(HashSet<>)] = nameof(CopyHashSet),
        [typeof(Queue<>)] = nameof(CopyQueue),
        [typeof(Stack<>)] = nameof(CopyStack),
        [typeof(ReadOnlyCollection<>)] = nameof(CopyReadOnlyCollection),
        [typeof(Memory<>)] = nameof(CopyMemory),
        [typeof(ReadOnlyMemory<>)] = nameof(CopyReadOnlyMemory),
        [typeof(ImmutableArray<>)] = nameof(CopyImmutableArray),
        [typeof(ImmutableList<>)] = nameof(CopyImmutableList),
        [typeof(ImmutableDictionary<,>)] = nameof(CopyImmutableDictionary),
    }.ToFrozenDictionary();

    public static bool Supports(Type type) => type.IsGenericType && s_methods.ContainsKey(type.GetGenericTypeDefinition());

    public static Copy<T>? For<T>()
    {
        if (typeof(T).IsSZArray)
            return Bind<T>(nameof(CopyArray), typeof(T).GetElementType()!);
        if (typeof(T).IsArray)
            return Copyable.IsImmutable(typeof(T).GetElementType()!)
                ? static (value, context) => Track(value, context, static v => (T)((Array)(object)v!).Clone())
                : throw new ArgumentException($"{typeof(T)} cannot be copied: it has several dimensions and elements that can change. Use an array of arrays.");
        return Supports(typeof(T)) ? Bind<T>(s_methods[typeof(T).GetGenericTypeDefinition()], typeof(T).GenericTypeArguments) : null;
    }

    private static Copy<T> Bind<T>(string method, params Type[] arguments) =>
        typeof(CollectionCopiers).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(arguments).CreateDelegate<Copy<T>>();

    private static T Track<T>(T value, CopyContext context, Func<T, T> shallow)
    {
        if (context.Find(value!) is { } known)
            return (T)known;
        var copy = shallow(value);
        context.Add(value!, copy!);
        return copy;
    }

    private static T[] CopyArray<T>(T[] value, CopyContext context)
    {
        if (context.Find(value) is T[] known)
            return known;
        var copy = (T[])value.Clone();
        context.Add(value, copy);
        if (!Copyable.IsImmutable(typeof(T)))
            for (var i = 0; i < copy.Length; i++)
                copy[i] = Copier<T>.Copy(copy[i], context);
        return copy;
    }

    private static List<T> CopyList<T>(List<T> value, CopyContext context)
    {
        if (context.Find(value) is List<T> known)
            return known;
        var copy = new List<T>(value.Count);
        context.Add(value, copy);
        if (Copyable.IsImmutable(typeof(T)))
            copy.AddRange(value);
        else
            foreach (var item in value)
                copy.Add(Copier<T>.Copy(item, context));
        return copy;
    }

    private static Dictionary<TKey, TValue> CopyDictionary<TKey, TValue>(Dictionary<TKey, TValue> value, CopyContext context) where TKey : notnull
    {
        if (context.Find(value) is Dictionary<TKey, TValue> known)
            return known;
        var copy = new Dictionary<TKey, TValue>(value.Count, value.Comparer);
        context.Add(value, copy);
        foreach (var (key, item) in value)
            copy.Add(Copier<TKey>.Copy(key, context), Copier<TValue>.Copy(item, context));
        return copy;
    }

    private static SortedDictionary<TKey, TValue> CopySortedDictionary<TKey, TValue>(SortedDictionary<TKey, TValue> value, CopyContext context) where TKey : notnull
    {
        if (context.Find(value) is SortedDictionary<TKey, TValue> known)
            return known;
        var copy = new SortedDictionary<TKey, TValue>(value.Comparer);
        context.Add(value, copy);
        foreach (var (key, item) in value)
            copy.Add(Copier<TKey>.Copy(key, context), Copier<TValue>.Copy(item, context));
        return copy;
    }

    private static HashSet<T> CopyHashSet<T>(HashSet<T> value, CopyContext context)
    {
        if (context.Find(value) is HashSet<T> known)
            return known;
        var copy = new HashSet<T>(value.Count, value.Comparer);
        context.Add(value, copy);
        foreach (var item in value)
            copy.Add(Copier<T>.Copy(item, context));
        return copy;
    }

    private static Queue<T> CopyQueue<T>(Queue<T> value, CopyContext context)
    {
        if (context.Find(value) is Queue<T> known)
            return known;
        var copy = new Queue<T>(value.Count);
        context.Add(value, copy);
        foreach (var item in value)
            copy.Enqueue(Copier<T>.Copy(item, context));
        return copy;
    }

    private static Stack<T> CopyStack<T>(Stack<T> value, CopyContext context)
    {
        if (context.Find(value) is Stack<T> known)
            return known;
        var copy = new Stack<T>(value.Count);
        context.Add(value, copy);
        foreach (var item in value.Reverse())
            copy.Push(Copier<T>.Copy(item, context));
        return copy;
    }

    private static ReadOnlyCollection<T> CopyReadOnlyCollection<T>(ReadOnlyCollection<T> value, CopyContext context) =>
        CopyList([.. value], context).AsReadOnly();

    private static T? CopyNullable<T>(T? value, CopyContext context) where T : struct => Copier<T>.Copy(value!.Value, context);
    private static Memory<T> CopyMemory<T>(Memory<T> value, CopyContext context) => CopyArray(value.ToArray(), context);
    private static ReadOnlyMemory<T> CopyReadOnlyMemory<T>(ReadOnlyMemory<T> value, CopyContext context) => CopyArray(value.ToArray(), context);

    private static ImmutableArray<T> CopyImmutableArray<T>(ImmutableArray<T> value, CopyContext context) =>
        value.IsDefault ? value : [.. value.Select(item => Copier<T>.Copy(item, context))];

    private static ImmutableList<T> CopyImmutableList<T>(ImmutableList<T> value, CopyContext context) =>
        [.. value.Select(item => Copier<T>.Copy(item, context))];

    private static ImmutableDictionary<TKey, TValue> CopyImmutableDictionary<TKey, TValue>(ImmutableDictionary<TKey, TValue> value, CopyContext context) where TKey : notnull =>
        ImmutableDictionary.CreateRange(value.KeyComparer, value.ValueComparer,
            value.Select(entry => KeyValuePair.Create(Copier<TKey>.Copy(entry.Key, context), Copier<TValue>.Copy(entry.Value, context))));
}
