using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using Orleans.Copying;
using Orleans.Dispatch;

namespace Orleans.Serialization;

/// <summary>
/// The closed set of types that may be named on the wire, by their numbers: those of the base library that have codecs, and those of the
/// application, see <see cref="WireManifest"/>. Nothing is ever loaded because another silo names it.
/// </summary>
internal static class WireTypes
{
    private const int Array = 0;

    /// <summary>A bound on how many constructed types others can make this silo build.</summary>
    private const int ConstructedMax = 4_096;

    private static readonly Type[] s_types = [.. LeafCodecs.Types.Append(typeof(object)).Concat(CollectionCodecs.Definitions).Concat(WireManifest.Types).Distinct()];
    private static readonly FrozenDictionary<Type, int> s_numbers = s_types.Select((type, index) => (type, index)).ToFrozenDictionary(t => t.type, t => t.index);
    private static readonly ConcurrentDictionary<(Type Definition, Type First, Type? Second), Type> s_constructed = new();

    /// <summary>All of them, by their numbers.</summary>
    public static IReadOnlyList<Type> All => s_types;

    public static bool Knows(Type type)
    {
        if (type.IsSZArray)
            return Knows(type.GetElementType()!);
        return type.IsConstructedGenericType && !s_numbers.ContainsKey(type)
            ? s_numbers.ContainsKey(type.GetGenericTypeDefinition()) && type.GenericTypeArguments.All(Knows)
            : s_numbers.ContainsKey(type);
    }

    public static void Write(WireWriter writer, Type type)
    {
        if (type.IsSZArray)
        {
            writer.WriteNumber(Array);
            Write(writer, type.GetElementType()!);
            return;
        }
        if (!s_numbers.TryGetValue(type, out var number)
            && !(type.IsConstructedGenericType && s_numbers.TryGetValue(type.GetGenericTypeDefinition(), out number)))
            throw CannotSend(type, "it is not in the manifest");
        writer.WriteNumber(number + 1);
        if (s_types[number].IsGenericTypeDefinition)
            foreach (var argument in type.GenericTypeArguments)
                Write(writer, argument);
    }

    public static Type Read(WireReader reader) => Read(reader, 0);

    /// <summary>What makes up a value, in the order of the wire: level by level of the type's bases, and by name within.</summary>
    /// <exception cref="ArgumentException">The type, or one that it derives from, does not say what its members are.</exception>
    public static List<FieldInfo> MembersOf(Type type) =>
        [.. CopyMembers.Of(type, type.Name).OrderBy(f => Depth(f.DeclaringType!)).ThenBy(f => f.Name, StringComparer.Ordinal)];

    public static ArgumentException CannotSend(Type type, string why) => new(
        $"{type.FullName ?? type.Name} cannot be sent to another silo: {why}. Types that are sent have [GenerateSerializer], their members [Id(n)], " +
        "and they are in an assembly that refers to the engine and is loaded when the silo starts.");

    private static Type Read(WireReader reader, int depth)
    {
        if (depth > WireLimits.TypeDepthMax)
            throw new WireFormatException($"More than {WireLimits.TypeDepthMax} types are within one another.");
        var number = reader.ReadIndex(s_types.Length + 1);
        if (number == Array)
            return Construct(typeof(System.Array), [Read(reader, depth + 1)]);
        var type = s_types[number - 1];
        if (!type.IsGenericTypeDefinition)
            return type;
        var arguments = new Type[type.GetGenericArguments().Length];
        for (var i = 0; i < arguments.Length; i++)
            arguments[i] = Read(reader, depth + 1);
        return Construct(type, arguments);
    }

    private static Type Construct(Type definition, Type[] arguments)
    {
        if (arguments.Length > 2)
            return Make(definition, arguments);
        var key = (definition, arguments[0], arguments.Length > 1 ? arguments[1] : null);
        return s_constructed.TryGetValue(key, out var known) ? known : s_constructed[key] = Make(definition, arguments);
    }

    private static Type Make(Type definition, Type[] arguments)
    {
        if (s_constructed.Count >= ConstructedMax)
            throw new WireFormatException($"More than {ConstructedMax} constructed types have been named.");
        if (arguments.Any(type => type == typeof(Nothing) || type.IsByRefLike))
            throw new WireFormatException($"{definition} cannot be made of these types.");
        return definition == typeof(System.Array) ? arguments[0].MakeArrayType() : definition.MakeGenericType(arguments);
    }

    private static int Depth(Type type)
    {
        var depth = 0;
        for (var level = type.BaseType; level is not null; level = level.BaseType)
            depth++;
        return depth;
    }
}
