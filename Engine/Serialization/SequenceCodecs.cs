using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Runtime.InteropServices;

namespace Orleans.Serialization;

/// <summary>What has elements one after the other. Bytes are copied as they are.</summary>
internal static class SequenceCodecs
{
    public static ValueCodec<T?> Nullable<T>() where T : struct => new(
        static (writer, value) =>
        {
            writer.WriteByte(value.HasValue ? (byte)1 : (byte)0);
            if (value.HasValue)
                Codec<T>.Write(writer, value.Value);
        },
        static reader => reader.ReadByte() == 0 ? null : Codec<T>.Read(reader));

    public static ValueCodec<byte[]> Bytes() => new(
        static (writer, value) => writer.WriteBytes(value),
        static reader =>
        {
            var bytes = reader.ReadBytes().ToArray();
            reader.Note(bytes);
            return bytes;
        }, Shared: true);

    public static ValueCodec<T[]> Array<T>() => new(
        static (writer, value) => Write<T>(writer, value),
        static reader =>
        {
            var array = new T[reader.EnterCollection()];
            reader.Note(array);
            Fill(reader, array);
            return array;
        }, Shared: true);

    public static ValueCodec<List<T>> List<T>() => new(
        static (writer, value) => Write<T>(writer, CollectionsMarshal.AsSpan(value)),
        static reader =>
        {
            var count = reader.EnterCollection();
            var list = new List<T>(count);
            reader.Note(list);
            for (var i = 0; i < count; i++)
                list.Add(Codec<T>.Read(reader));
            reader.Leave();
            return list;
        }, Shared: true);

    public static ValueCodec<Queue<T>> Queue<T>() => new(
        static (writer, value) => Write(writer, value, value.Count),
        static reader =>
        {
            var count = reader.EnterCollection();
            var queue = new Queue<T>(count);
            reader.Note(queue);
            for (var i = 0; i < count; i++)
                queue.Enqueue(Codec<T>.Read(reader));
            reader.Leave();
            return queue;
        }, Shared: true);

    public static ValueCodec<Stack<T>> Stack<T>() => new(
        static (writer, value) => Write(writer, value.Reverse(), value.Count),
        static reader =>
        {
            var count = reader.EnterCollection();
            var stack = new Stack<T>(count);
            reader.Note(stack);
            for (var i = 0; i < count; i++)
                stack.Push(Codec<T>.Read(reader));
            reader.Leave();
            return stack;
        }, Shared: true);

    public static ValueCodec<ReadOnlyCollection<T>> ReadOnlyCollection<T>() => new(
        static (writer, value) => Write(writer, value, value.Count), static reader => new(ReadArray<T>(reader)));

    public static ValueCodec<Memory<T>> Memory<T>() => new(
        static (writer, value) => WriteMemory<T>(writer, value.Span), static reader => ReadMemory<T>(reader));

    public static ValueCodec<ReadOnlyMemory<T>> ReadOnlyMemory<T>() => new(
        static (writer, value) => WriteMemory(writer, value.Span), static reader => ReadMemory<T>(reader));

    public static ValueCodec<ImmutableArray<T>> ImmutableArray<T>() => new(
        static (writer, value) =>
        {
            writer.WriteByte(value.IsDefault ? (byte)0 : (byte)1);
            if (!value.IsDefault)
                Write(writer, value.AsSpan());
        },
        static reader => reader.ReadByte() == 0 ? default : ImmutableCollectionsMarshal.AsImmutableArray(ReadArray<T>(reader)));

    public static ValueCodec<ImmutableList<T>> ImmutableList<T>() => new(
        static (writer, value) => Write(writer, value, value.Count), static reader => [.. ReadArray<T>(reader)]);

    public static ValueCodec<ImmutableQueue<T>> ImmutableQueue<T>() => new(
        static (writer, value) => Write<T>(writer, value.ToArray()), static reader => [.. ReadArray<T>(reader)]);

    public static ValueCodec<ImmutableStack<T>> ImmutableStack<T>() => new(
        static (writer, value) => Write<T>(writer, value.Reverse().ToArray()), static reader => System.Collections.Immutable.ImmutableStack.CreateRange(ReadArray<T>(reader)));

    public static object ToArray<T>(object value) => ((IEnumerable<T>)value).ToArray();
    public static object ToList<T>(object value) => ((IEnumerable<T>)value).ToList();
    public static object ToImmutableList<T>(object value) => ((IEnumerable<T>)value).ToImmutableList();

    /// <summary>Elements in the order in which they come.</summary>
    public static void Write<T>(WireWriter writer, IEnumerable<T> values, int count)
    {
        writer.EnterCollection(count);
        foreach (var value in values)
            Codec<T>.Write(writer, value);
        writer.Leave();
    }

    public static T[] ReadArray<T>(WireReader reader)
    {
        var array = new T[reader.EnterCollection()];
        Fill(reader, array);
        return array;
    }

    private static void Write<T>(WireWriter writer, ReadOnlySpan<T> values)
    {
        writer.EnterCollection(values.Length);
        foreach (var value in values)
            Codec<T>.Write(writer, value);
        writer.Leave();
    }

    private static void Fill<T>(WireReader reader, T[] array)
    {
        for (var i = 0; i < array.Length; i++)
            array[i] = Codec<T>.Read(reader);
        reader.Leave();
    }

    private static void WriteMemory<T>(WireWriter writer, ReadOnlySpan<T> values)
    {
        if (typeof(T) == typeof(byte))
            writer.WriteBytes(MemoryMarshal.CreateReadOnlySpan(ref System.Runtime.CompilerServices.Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(values)), values.Length));
        else
            Write(writer, values);
    }

    private static T[] ReadMemory<T>(WireReader reader) =>
        typeof(T) == typeof(byte) ? (T[])(object)reader.ReadBytes().ToArray() : ReadArray<T>(reader);
}
