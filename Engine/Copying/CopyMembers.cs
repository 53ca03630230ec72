using System.Reflection;
using System.Runtime.CompilerServices;

namespace Orleans.Copying;

/// <summary>Which fields make up a value: those with an id, those of records' parameters, all of a tuple.</summary>
internal static class CopyMembers
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static bool HasSerializer(Type type) => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false);

    public static bool IsTuple(Type type) => type.IsAssignableTo(typeof(ITuple)) && type.Namespace == nameof(System) && type.IsGenericType;

    public static IEnumerable<FieldInfo> AllFields(Type type)
    {
        for (var level = type; level is not null && level != typeof(object); level = level.BaseType)
            foreach (var field in level.GetFields(Declared))
                yield return field;
    }

    /// <exception cref="ArgumentException">The type, or one that it derives from, does not say what its members are.</exception>
    public static List<FieldInfo> Of(Type type, string where)
    {
        var members = new List<FieldInfo>();
        for (var level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            if (IsTuple(level) || (level.IsGenericType && level.GetGenericTypeDefinition() == typeof(KeyValuePair<,>)))
                members.AddRange(level.GetFields(Declared));
            else if (HasSerializer(level))
                members.AddRange(DeclaredMembers(level));
            else if (level == type || level.GetFields(Declared).Length > 0)
                throw CannotCopy(level, where);
        }
        return members;
    }

    public static ArgumentException CannotCopy(Type type, string where) => new(
        $"{type.FullName ?? type.Name} cannot be copied ({where}). Give it [GenerateSerializer] and its members [Id(n)], or mark the type " +
        "or the parameter [Immutable] if it is never changed after the call.");

    internal static IEnumerable<FieldInfo> DeclaredMembers(Type type)
    {
        var positional = PositionalProperties(type);
        foreach (var field in type.GetFields(Declared))
        {
            var property = BackedProperty(field);
            if (field.IsDefined(typeof(IdAttribute)) || (property is not null
                && (positional.Contains(property) || type.GetProperty(property, Declared)!.IsDefined(typeof(IdAttribute)))))
                yield return field;
        }
    }

    /// <summary>Whether the field, or the property that it backs, is promised not to change.</summary>
    public static bool IsPromisedImmutable(FieldInfo field) =>
        field.IsDefined(typeof(ImmutableAttribute)) || PropertyOf(field)?.IsDefined(typeof(ImmutableAttribute)) == true;

    /// <summary>The property that the field backs.</summary>
    public static PropertyInfo? PropertyOf(FieldInfo field) =>
        BackedProperty(field) is { } property ? field.DeclaringType!.GetProperty(property, Declared) : null;

    private static string? BackedProperty(FieldInfo field) =>
        field.Name is ['<', ..] && field.Name.IndexOf(">k__BackingField", StringComparison.Ordinal) is > 0 and var end ? field.Name[1..end] : null;

    private static HashSet<string> PositionalProperties(Type type)
    {
        var isRecord = type.GetMethod("PrintMembers", Declared) is not null;
        if (!isRecord && type.GetCustomAttribute<GenerateSerializerAttribute>() is not { IncludePrimaryConstructorParameters: true })
            return [];
        return [.. type.GetConstructors(Declared).Where(c => c.GetParameters() is not [var single] || single.ParameterType != type)
            .SelectMany(c => c.GetParameters()).Select(p => p.Name!)];
    }
}
