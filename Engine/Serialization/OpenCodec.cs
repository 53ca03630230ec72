using System.Collections.Concurrent;
using System.Collections.Immutable;
using Orleans.Copying;
using Orleans.Runtime;

namespace Orleans.Serialization;

/// <summary>
/// Values of a base class or an interface: the type that they turn out to have goes ahead of them. What is handed over as an interface of
/// the base library and is of none of the types known here goes over as a collection of that kind that is.
/// </summary>
internal static class OpenCodec
{
    private static readonly ConcurrentDictionary<Type, Type?> s_sentAs = new();

    public static bool IsOpen(Type type) => Copyable.IsOpen(type) && !CollectionCodecs.Supports(type);

    public static ValueCodec<T> For<T>()
    {
        var substitute = CollectionCodecs.SubstituteFor(typeof(T));
        return new(
            (writer, value) => Write(writer, value, substitute),
            reader => Read(reader, typeof(T)) is var value && value is null or T ? (T)value!
                : throw new WireFormatException($"A {value.GetType()} is where a {typeof(T)} is declared."));
    }

    /// <summary>Whether values of the type can be sent where nothing but an object is declared.</summary>
    public static bool CanSend(object value) =>
        value is Exception or Type or IAddressable || s_sentAs.GetOrAdd(value.GetType(), FindSentAs) is not null;

    public static void Write(WireWriter writer, object? value, Func<object, object>? substitute)
    {
        if (value is null)
        {
            writer.WriteByte(0);
            return;
        }
        value = value is IAddressable grain ? grain.ToReference() : value;
        if (SentAs(value) is not { } type)
        {
            value = substitute?.Invoke(value) ?? throw WireTypes.CannotSend(value.GetType(), "it is not in the manifest");
            type = value.GetType();
        }
        var codec = ObjectCodec.Of(type);
        if (!codec.Shared)
            writer.WriteNumber(1);
        else if (writer.TryRefer(value))
            return;
        WireTypes.Write(writer, type);
        codec.Write(writer, value);
    }

    private static object? Read(WireReader reader, Type declared)
    {
        var number = reader.ReadNumber();
        if (number == 0)
            return null;
        if (number > 1)
            return reader.Seen(number - 2);
        var type = WireTypes.Read(reader);
        if (!declared.IsAssignableFrom(type) && type != typeof(GrainReference))
            throw new WireFormatException($"A {type} is where a {declared} is declared.");
        return ObjectCodec.Of(type).Read(reader);
    }

    private static Type? SentAs(object value) => value switch
    {
        GrainReference => typeof(GrainReference),
        Exception => typeof(Exception),
        Type => typeof(Type),
        _ => s_sentAs.GetOrAdd(value.GetType(), FindSentAs),
    };

    /// <summary>The type itself, or the base that stands for all that derive from it, such as those of frozen collections.</summary>
    private static Type? FindSentAs(Type type)
    {
        if (WireTypes.Knows(type))
            return type;
        for (var level = type.BaseType; level is not null && level != typeof(object); level = level.BaseType)
            if (WireTypes.Knows(level) && (LeafCodecs.Types.Contains(level) || (level.IsAbstract && CollectionCodecs.Supports(level))))
                return level;
        return null;
    }
}
