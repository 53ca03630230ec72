using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Orleans.Runtime;

namespace Orleans.Copying;

/// <summary>
/// Which types may cross a call, and which need no copy. Types of the application need <see cref="GenerateSerializerAttribute"/>
/// even where a call inside one process could do without: across processes Orleans could not.
/// </summary>
internal static class Copyable
{
    private static readonly ConcurrentDictionary<Type, bool> s_immutable = new();

    private static readonly FrozenSet<Type> s_immutableTypes = FrozenSet.ToFrozenSet(
    [
        typeof(string), typeof(decimal), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly),
        typeof(TimeSpan), typeof(Uri), typeof(Version), typeof(CultureInfo), typeof(CancellationToken), typeof(BigInteger),
        typeof(Int128), typeof(UInt128), typeof(Half), typeof(Rune), typeof(Index), typeof(Range), typeof(IPAddress), typeof(JsonElement),
        typeof(IdSpan), typeof(GrainType), typeof(GrainId), typeof(DBNull),
    ]);

    private static readonly FrozenSet<Type> s_immutableIfArgumentsAre = FrozenSet.ToFrozenSet(
    [
        typeof(Nullable<>), typeof(KeyValuePair<,>), typeof(ImmutableArray<>), typeof(ImmutableList<>), typeof(ImmutableDictionary<,>),
        typeof(ImmutableHashSet<>), typeof(ImmutableSortedDictionary<,>), typeof(ImmutableSortedSet<>), typeof(ImmutableQueue<>),
        typeof(ImmutableStack<>), typeof(FrozenSet<>), typeof(FrozenDictionary<,>), typeof(IImmutableList<>), typeof(IImmutableSet<>),
        typeof(IImmutableDictionary<,>),
    ]);

    /// <summary>Whether values of the type can be shared, because nobody can change them or somebody promised not to.</summary>
    public static bool IsImmutable(Type type) =>
        s_immutable.TryGetValue(type, out var known) ? known : s_immutable[type] = IsImmutable(type, []);

    /// <summary>Fails when values of the type can never be copied. Interfaces and base classes are judged by their values.</summary>
    /// <exception cref="ArgumentException">It names the type, where it occurs and the remedy.</exception>
    public static void Check(Type type, string where) => Check(type, where, []);

    /// <summary>Whether values of the type may be of a derived type.</summary>
    public static bool IsOpen(Type type) => !type.IsValueType && !type.IsSealed && !type.IsArray;

    private static bool IsImmutable(Type type, HashSet<Type> within)
    {
        if (type.IsPrimitive || type.IsEnum || s_immutableTypes.Contains(type) || type.IsDefined(typeof(ImmutableAttribute), inherit: false))
            return true;
        if (typeof(Exception).IsAssignableFrom(type) || typeof(Type).IsAssignableFrom(type))
            return true;
        // A type that contains itself is immutable if the rest of it is.
        if (!within.Add(type))
            return true;
        if (type.IsGenericType && (s_immutableIfArgumentsAre.Contains(type.GetGenericTypeDefinition()) || CopyMembers.IsTuple(type)))
            return type.GenericTypeArguments.All(argument => IsImmutable(argument, within));
        if (!CopyMembers.HasSerializer(type) || IsOpen(type))
            return false;
        return CopyMembers.AllFields(type).All(field =>
            (type.IsValueType || field.IsInitOnly) && (CopyMembers.IsPromisedImmutable(field) || IsImmutable(field.FieldType, within)));
    }

    private static void Check(Type type, string where, HashSet<Type> seen)
    {
        if (!seen.Add(type) || IsImmutable(type) || typeof(IAddressable).IsAssignableFrom(type) || type.IsInterface || type == typeof(object))
            return;
        if (type.IsArray)
            Check(type.GetElementType()!, where, seen);
        else if (type.IsGenericType && (CollectionCopiers.Supports(type) || CopyMembers.IsTuple(type) || s_immutableIfArgumentsAre.Contains(type.GetGenericTypeDefinition())))
        {
            foreach (var argument in type.GenericTypeArguments)
                Check(argument, where, seen);
        }
        else if (!type.IsAbstract || !CopyMembers.HasSerializer(type))
            foreach (var member in CopyMembers.Of(type, where))
                Check(member.FieldType, $"{where}, in {type.Name}", seen);
    }
}
