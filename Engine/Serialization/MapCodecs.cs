using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Orleans.Serialization;

/// <summary>Dictionaries, with what their keys compare by.</summary>
internal static class MapCodecs
{
    public static ValueCodec<Dictionary<TKey, TValue>> Dictionary<TKey, TValue>() where TKey : notnull => new(
        static (writer, value) =>
        {
            Comparers.Write(writer, value.Comparer);
            Write(writer, value, value.Count);
        },
        static reader =>
        {
            var map = new Dictionary<TKey, TValue>(Comparers.Read<TKey>(reader));
            reader.Note(map);
            Fill(reader, map);
            return map;
        }, Shared: true);

    public static ValueCodec<SortedDictionary<TKey, TValue>> SortedDictionary<TKey, TValue>() where TKey : notnull => new(
        static (writer, value) =>
        {
            Comparers.Write(writer, value.Comparer);
            Write(writer, value, value.Count);
        },
        static reader =>
        {
            var map = new SortedDictionary<TKey, TValue>(Comparers.ReadOrder<TKey>(reader));
            reader.Note(map);
            Fill(reader, map);
            return map;
        }, Shared: true);

    public static ValueCodec<ImmutableDictionary<TKey, TValue>> ImmutableDictionary<TKey, TValue>() where TKey : notnull => new(
        static (writer, value) =>
        {
            Comparers.Write(writer, value.KeyComparer);
            Write(writer, value, value.Count);
        },
        static reader => System.Collections.Immutable.ImmutableDictionary.CreateRange(Comparers.Read<TKey>(reader), Read<TKey, TValue>(reader)));

    public static ValueCodec<ImmutableSortedDictionary<TKey, TValue>> ImmutableSortedDictionary<TKey, TValue>() where TKey : notnull => new(
        static (writer, value) =>
        {
            Comparers.Write(writer, value.KeyComparer);
            Write(writer, value, value.Count);
        },
        static reader => System.Collections.Immutable.ImmutableSortedDictionary.CreateRange(Comparers.ReadOrder<TKey>(reader), Read<TKey, TValue>(reader)));

    public static ValueCodec<FrozenDictionary<TKey, TValue>> FrozenDictionary<TKey, TValue>() where TKey : notnull => new(
        static (writer, value) =>
        {
            Comparers.Write(writer, value.Comparer);
            Write(writer, value, value.Count);
        },
        static reader =>
        {
            var comparer = Comparers.Read<TKey>(reader);
            return Read<TKey, TValue>(reader).ToFrozenDictionary(comparer);
        });

    public static object ToDictionary<TKey, TValue>(object value) where TKey : notnull =>
        ((IEnumerable<KeyValuePair<TKey, TValue>>)value).ToDictionary();

    public static object ToImmutableDictionary<TKey, TValue>(object value) where TKey : notnull =>
        ((IEnumerable<KeyValuePair<TKey, TValue>>)value).ToImmutableDictionary();

    private static void Write<TKey, TValue>(WireWriter writer, IEnumerable<KeyValuePair<TKey, TValue>> entries, int count)
    {
        writer.EnterCollection(count);
        foreach (var (key, value) in entries)
        {
            Codec<TKey>.Write(writer, key);
            Codec<TValue>.Write(writer, value);
        }
        writer.Leave();
    }

    private static void Fill<TKey, TValue>(WireReader reader, IDictionary<TKey, TValue> map)
    {
        var count = reader.EnterCollection();
        for (var i = 0; i < count; i++)
            map.Add(Codec<TKey>.Read(reader), Codec<TValue>.Read(reader));
        reader.Leave();
    }

    private static KeyValuePair<TKey, TValue>[] Read<TKey, TValue>(WireReader reader)
    {
        var entries = new KeyValuePair<TKey, TValue>[reader.EnterCollection()];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = new(Codec<TKey>.Read(reader), Codec<TValue>.Read(reader));
        reader.Leave();
        return entries;
    }
}
