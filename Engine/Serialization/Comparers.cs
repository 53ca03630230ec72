namespace Orleans.Serialization;

/// <summary>What sets and dictionaries compare by: the type's own way, or one of the known ones of texts.</summary>
internal static class Comparers
{
    private static readonly StringComparer[] s_texts =
        [StringComparer.Ordinal, StringComparer.OrdinalIgnoreCase, StringComparer.InvariantCulture, StringComparer.InvariantCultureIgnoreCase];

    public static void Write<T>(WireWriter writer, IEqualityComparer<T> comparer) =>
        writer.WriteByte(NumberOf(comparer, ReferenceEquals(comparer, EqualityComparer<T>.Default)));

    public static void Write<T>(WireWriter writer, IComparer<T> comparer) =>
        writer.WriteByte(NumberOf(comparer, ReferenceEquals(comparer, Comparer<T>.Default)));

    public static IEqualityComparer<T>? Read<T>(WireReader reader) => reader.ReadByte() is var number && number == 0 ? null : (IEqualityComparer<T>)Text(number);
    public static IComparer<T>? ReadOrder<T>(WireReader reader) => reader.ReadByte() is var number && number == 0 ? null : (IComparer<T>)Text(number);

    private static byte NumberOf(object comparer, bool isDefault)
    {
        if (isDefault)
            return 0;
        var index = comparer is StringComparer text ? Array.IndexOf(s_texts, text) : -1;
        return index >= 0 ? (byte)(index + 1) : throw new ArgumentException(
            $"A collection that compares by {comparer.GetType().FullName} cannot be sent to another silo. Use the default or one of StringComparer's ordinal and invariant ones.");
    }

    private static StringComparer Text(byte number) =>
        number <= s_texts.Length ? s_texts[number - 1] : throw new WireFormatException($"There is no comparer {number}.");
}
