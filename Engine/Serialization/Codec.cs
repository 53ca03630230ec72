using System.Collections.Concurrent;
using Orleans.Runtime;

namespace Orleans.Serialization;

internal delegate void WriteValue<in T>(WireWriter writer, T value);

internal delegate T ReadValue<out T>(WireReader reader);

/// <param name="Write">Writes a value.</param>
/// <param name="Read">Reads one.</param>
/// <param name="Shared">
/// Whether an object that occurs twice is written once. Its reader notes it before it reads what is within, so that cycles end.
/// </param>
internal sealed record ValueCodec<T>(WriteValue<T> Write, ReadValue<T> Read, bool Shared = false);

/// <summary>Writes and reads values of a declared type, which may be of a derived type. Put together once for each type.</summary>
internal static class Codec<T>
{
    private static readonly ValueCodec<T> s_codec = Make();

    public static void Write(WireWriter writer, T value) => s_codec.Write(writer, value);
    public static T Read(WireReader reader) => s_codec.Read(reader);

    private static ValueCodec<T> Make()
    {
        if (typeof(T).IsValueType || typeof(T) == typeof(string))
            return ExactCodec<T>.Codec;
        if (typeof(IAddressable).IsAssignableFrom(typeof(T)) && typeof(T).IsInterface)
            return ReferenceCodec.For<T>();
        if (typeof(Exception).IsAssignableFrom(typeof(T)))
            return ExceptionCodec.For<T>();
        if (LeafCodecs.For<T>() is { } leaf)
            return Nullable(leaf, exactly: false);
        return OpenCodec.IsOpen(typeof(T)) ? OpenCodec.For<T>() : Nullable(ExactCodec<T>.Codec, exactly: !typeof(T).IsAbstract && !typeof(T).IsArray);
    }

    /// <summary>0 is null, 1 a value, anything above an object that was written before.</summary>
    private static ValueCodec<T> Nullable(ValueCodec<T> exact, bool exactly) => new(
        (writer, value) =>
        {
            if (value is null)
                writer.WriteByte(0);
            else if (exactly && value.GetType() != typeof(T))
                throw WireTypes.CannotSend(value.GetType(), $"where {typeof(T).Name} is declared");
            else if (!exact.Shared)
            {
                writer.WriteByte(1);
                exact.Write(writer, value);
            }
            else if (!writer.TryRefer(value))
                exact.Write(writer, value);
        },
        reader => reader.ReadNumber() switch
        {
            0 => default!,
            1 => exact.Read(reader),
            var number => reader.Seen(number - 2) is T seen && exact.Shared ? seen : throw new WireFormatException($"Another object than {typeof(T)} is referred to."),
        });
}

/// <summary>Writes and reads values that are there and whose type is exactly the given one.</summary>
internal static class ExactCodec<T>
{
    public static readonly ValueCodec<T> Codec = Make();

    private static ValueCodec<T> Make()
    {
        try
        {
            return LeafCodecs.For<T>() ?? CollectionCodecs.For<T>() ?? MemberCodec<T>.Make();
        }
        catch (ArgumentException unsupported)
        {
            // Thrown anew with each call: from here it would surface as a failed type initialiser, once.
            return new(
                (_, _) => throw new ArgumentException(unsupported.Message, unsupported),
                _ => throw new WireFormatException(unsupported.Message, unsupported));
        }
    }
}

/// <summary>Writes and reads objects of one exact type where only a base of it is known.</summary>
internal abstract class ObjectCodec
{
    private static readonly ConcurrentDictionary<Type, ObjectCodec> s_all = new();

    public abstract bool Shared { get; }
    public abstract void Write(WireWriter writer, object value);
    public abstract object Read(WireReader reader);

    public static ObjectCodec Of(Type type) => s_all.GetOrAdd(type,
        static type => (ObjectCodec)Activator.CreateInstance(typeof(Of<>).MakeGenericType(type))!);
}

internal sealed class Of<T> : ObjectCodec
{
    public override bool Shared => ExactCodec<T>.Codec.Shared;
    public override void Write(WireWriter writer, object value) => ExactCodec<T>.Codec.Write(writer, (T)value);
    public override object Read(WireReader reader) => ExactCodec<T>.Codec.Read(reader)!;
}
