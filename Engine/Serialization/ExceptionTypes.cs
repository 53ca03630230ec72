using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.CompilerServices;
using Orleans.Copying;

namespace Orleans.Serialization;

/// <summary>The exceptions that keep their type on the way: those of the manifest, and those of the base library that are public.</summary>
internal static class ExceptionTypes
{
    private static readonly FrozenDictionary<string, Type> s_types = OfBaseLibrary().Concat(WireManifest.Types)
        .Where(type => typeof(Exception).IsAssignableFrom(type) && type is { IsAbstract: false, ContainsGenericParameters: false })
        .ToFrozenDictionary(WireManifest.NameOf, StringComparer.Ordinal);

    private static readonly ConcurrentDictionary<Type, ExceptionType> s_known = new();

    public static string NameOf(Type type) => WireManifest.NameOf(type);

    public static ExceptionType? Find(string name) =>
        s_types.TryGetValue(name, out var type) ? s_known.GetOrAdd(type, static t => new(t)) : null;

    /// <summary>The message as it is to be given to a constructor: an aggregate adds those of its inner ones by itself.</summary>
    public static string MessageOf(Exception error) => error is AggregateException ? Message(error) ?? error.Message : error.Message;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_message")]
    internal static extern ref string? Message(Exception error);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_innerException")]
    internal static extern ref Exception? Inner(Exception error);

    private static IEnumerable<Type> OfBaseLibrary() => new[]
    {
        typeof(Exception).Assembly, typeof(HttpRequestException).Assembly, typeof(System.Text.Json.JsonException).Assembly,
        typeof(System.Net.Sockets.SocketException).Assembly, typeof(System.Net.WebException).Assembly, typeof(System.Data.Common.DbException).Assembly,
        typeof(System.Security.Authentication.AuthenticationException).Assembly,
    }.Distinct().SelectMany(assembly => assembly.GetExportedTypes()).Where(type => typeof(Exception).IsAssignableFrom(type)).DistinctBy(type => type.FullName);
}

/// <summary>How exceptions of one type are made anew: message and inner one by a constructor, or set where no constructor takes them.</summary>
internal sealed class ExceptionType
{
    private const BindingFlags Constructors = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private readonly Type _type;
    private readonly ConstructorInfo? _withInner, _withText, _plain;
    private readonly (FieldInfo Field, ObjectMember Codec)[] _members;

    public ExceptionType(Type type)
    {
        _type = type;
        _withInner = type.GetConstructor(Constructors, [typeof(string), typeof(Exception)]);
        _withText = type.GetConstructor(Constructors, [typeof(string)]);
        _plain = type.GetConstructor(Constructors, Type.EmptyTypes);
        _members = [.. Levels(type).Where(CopyMembers.HasSerializer).SelectMany(CopyMembers.DeclaredMembers)
            .OrderBy(f => f.DeclaringType!.FullName, StringComparer.Ordinal).ThenBy(f => f.Name, StringComparer.Ordinal).Select(f => (f, ObjectMember.Of(f.FieldType)))];
    }

    public bool HasMembers => _members.Length > 0;

    /// <summary>Null when it cannot be made.</summary>
    public Exception? Make(string message, Exception? inner)
    {
        try
        {
            var made = inner is null
                ? (_withText?.Invoke([message]) ?? _withInner?.Invoke([message, null]) ?? Bare()) as Exception
                : (_withInner?.Invoke([message, inner]) ?? _withText?.Invoke([message]) ?? Bare()) as Exception;
            return made is null ? null : Complete(made, message, inner);
        }
        catch (TargetInvocationException)
        {
            // Its constructor does not take what the original was made of; the general one carries the text.
            return null;
        }
    }

    public void WriteMembers(Exception error, WireWriter writer)
    {
        foreach (var (field, codec) in _members)
            codec.Write(writer, field.GetValue(error));
    }

    public void ReadMembers(Exception error, WireReader reader)
    {
        foreach (var (field, codec) in _members)
            field.SetValue(error, codec.Read(reader));
    }

    /// <summary>Without a message of its own, or made without a constructor where its members bring along what it is.</summary>
    private object? Bare() => _plain?.Invoke(null) ?? (HasMembers ? RuntimeHelpers.GetUninitializedObject(_type) : null);

    private static Exception Complete(Exception made, string message, Exception? inner)
    {
        if (made is not AggregateException && !string.Equals(made.Message, message, StringComparison.Ordinal))
            ExceptionTypes.Message(made) = message;
        if (inner is not null && made.InnerException is null)
            ExceptionTypes.Inner(made) = inner;
        return made;
    }

    private static IEnumerable<Type> Levels(Type type)
    {
        for (var level = type; level != typeof(Exception); level = level.BaseType!)
            yield return level;
    }
}

/// <summary>A member of an exception by reflection: errors are rare.</summary>
internal abstract class ObjectMember
{
    public abstract void Write(WireWriter writer, object? value);
    public abstract object? Read(WireReader reader);

    public static ObjectMember Of(Type type) => (ObjectMember)Activator.CreateInstance(typeof(Typed<>).MakeGenericType(type))!;

    private sealed class Typed<T> : ObjectMember
    {
        public override void Write(WireWriter writer, object? value) => Codec<T>.Write(writer, (T)value!);
        public override object? Read(WireReader reader) => Codec<T>.Read(reader);
    }
}
