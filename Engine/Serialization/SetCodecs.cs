using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Orleans.Serialization;

/// <summary>Sets, with what they compare by.</summary>
internal static class SetCodecs
{
    public static ValueCodec<HashSet<T>> HashSet<T>() => new(
        static (writer, value) =>
        {
            Comparers.Write(writer, value.Comparer);
            SequenceCodecs.Write(writer, value, value.Count);
        },
        static reader =>
        {
            var set = new HashSet<T>(Comparers.Read<T>(reader));
            reader.Note(set);
            var count = reader.EnterCollection();
            for (var i = 0; i < count; i++)
                set.Add(Codec<T>.Read(reader));
            reader.Leave();
            return set;
        }, Shared: true);

    public static ValueCodec<ImmutableHashSet<T>> ImmutableHashSet<T>() => new(
        static (writer, value) =>
        {
            Comparers.Write(writer, value.KeyComparer);
            SequenceCodecs.Write(writer, value, value.Count);
        },
        static reader => System.Collections.Immutable.ImmutableHashSet.CreateRange(Comparers.Read<T>(reader), SequenceCodecs.ReadArray<T>(reader)));

    public static ValueCodec<ImmutableSortedSet<T>> ImmutableSortedSet<T>() => new(
        static (writer, value) =>
        {
            Comparers.Write(writer, value.KeyComparer);
            SequenceCodecs.Write(writer, value, value.Count);
        },
        static reader => System.Collections.Immutable.ImmutableSortedSet.CreateRange(Comparers.ReadOrder<T>(reader), SequenceCodecs.ReadArray<T>(reader)));

    public static ValueCodec<FrozenSet<T>> FrozenSet<T>() => new(
        static (writer, value) =>
        {
            Comparers.Write(writer, value.Comparer);
            SequenceCodecs.Write(writer, value, value.Count);
        },
        static reader =>
        {
            var comparer = Comparers.Read<T>(reader);
            return SequenceCodecs.ReadArray<T>(reader).ToFrozenSet(comparer);
        });

    public static object ToHashSet<T>(object value) => ((IEnumerable<T>)value).ToHashSet();
    public static object ToImmutableHashSet<T>(object value) => ((IEnumerable<T>)value).ToImmutableHashSet();
}
