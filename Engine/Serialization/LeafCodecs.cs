using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Orleans.Dispatch;
using Orleans.Runtime;

namespace Orleans.Serialization;

/// <summary>Values without anything within them.</summary>
internal static class LeafCodecs
{
    private static readonly FrozenDictionary<Type, object> s_codecs = All().ToFrozenDictionary(c => c.GetType().GenericTypeArguments[0]);

    /// <summary>The types in an order that is the same on every silo.</summary>
    public static IEnumerable<Type> Types => s_codecs.Keys.OrderBy(type => type.FullName, StringComparer.Ordinal);

    public static ValueCodec<T>? For<T>()
    {
        if (s_codecs.TryGetValue(typeof(T), out var codec))
            return (ValueCodec<T>)codec;
        return typeof(T).IsEnum
            ? (ValueCodec<T>)typeof(LeafCodecs).GetMethod(nameof(Enum), BindingFlags.Static | BindingFlags.NonPublic)!
                .MakeGenericMethod(typeof(T), typeof(T).GetEnumUnderlyingType()).Invoke(null, null)!
            : null;
    }

    private static ValueCodec<TEnum> Enum<TEnum, TNumber>() => new(
        static (writer, value) => Codec<TNumber>.Write(writer, Unsafe.As<TEnum, TNumber>(ref value)),
        static reader =>
        {
            var number = Codec<TNumber>.Read(reader);
            return Unsafe.As<TNumber, TEnum>(ref number);
        });

    private static IEnumerable<object> All() => [.. Numbers(), .. Times(), .. Texts(), .. Others()];

    private static IEnumerable<object> Numbers()
    {
        yield return new ValueCodec<bool>((w, v) => w.WriteByte(v ? (byte)1 : (byte)0), r => r.ReadByte() != 0);
        yield return new ValueCodec<byte>((w, v) => w.WriteByte(v), r => r.ReadByte());
        yield return new ValueCodec<sbyte>((w, v) => w.WriteByte((byte)v), r => (sbyte)r.ReadByte());
        yield return new ValueCodec<char>((w, v) => w.WriteNumber(v), r => checked((char)r.ReadNumber()));
        yield return new ValueCodec<short>((w, v) => w.WriteSigned(v), r => checked((short)r.ReadSigned()));
        yield return new ValueCodec<ushort>((w, v) => w.WriteNumber(v), r => checked((ushort)r.ReadNumber()));
        yield return new ValueCodec<int>((w, v) => w.WriteSigned(v), r => checked((int)r.ReadSigned()));
        yield return new ValueCodec<uint>((w, v) => w.WriteNumber(v), r => checked((uint)r.ReadNumber()));
        yield return new ValueCodec<long>((w, v) => w.WriteSigned(v), r => r.ReadSigned());
        yield return new ValueCodec<ulong>((w, v) => w.WriteNumber(v), r => r.ReadNumber());
        yield return new ValueCodec<nint>((w, v) => w.WriteSigned(v), r => checked((nint)r.ReadSigned()));
        yield return new ValueCodec<nuint>((w, v) => w.WriteNumber(v), r => checked((nuint)r.ReadNumber()));
        yield return Raw<float>();
        yield return Raw<double>();
        yield return Raw<Half>();
        yield return Raw<Int128>();
        yield return Raw<UInt128>();
        yield return Raw<Guid>();
        yield return new ValueCodec<decimal>(WriteDecimal, ReadDecimal);
        yield return new ValueCodec<BigInteger>((w, v) => w.WriteBytes(v.ToByteArray()), r => new(r.ReadBytes()));
    }

    private static IEnumerable<object> Times()
    {
        yield return new ValueCodec<TimeSpan>((w, v) => w.WriteSigned(v.Ticks), r => new(r.ReadSigned()));
        yield return new ValueCodec<DateTime>(
            (w, v) => w.WriteInt64(v.Ticks | ((long)v.Kind << 62)),
            r => r.ReadInt64() is var bits ? new(bits & 0x3FFF_FFFF_FFFF_FFFF, (DateTimeKind)((ulong)bits >> 62)) : default);
        yield return new ValueCodec<DateTimeOffset>(
            (w, v) =>
            {
                w.WriteInt64(v.Ticks);
                w.WriteSigned(v.TotalOffsetMinutes);
            },
            r => new(r.ReadInt64(), TimeSpan.FromMinutes(r.ReadSigned())));
        yield return new ValueCodec<DateOnly>((w, v) => w.WriteNumber(v.DayNumber), r => DateOnly.FromDayNumber(r.ReadIndex(int.MaxValue)));
        yield return new ValueCodec<TimeOnly>((w, v) => w.WriteSigned(v.Ticks), r => new(r.ReadSigned()));
    }

    private static IEnumerable<object> Texts()
    {
        yield return new ValueCodec<string>((w, v) => w.WriteText(v), r => r.ReadText()!);
        yield return new ValueCodec<Uri>((w, v) => w.WriteText(v.OriginalString), r => new(Text(r), UriKind.RelativeOrAbsolute));
        yield return new ValueCodec<Version>((w, v) => w.WriteText(v.ToString()), r => Version.Parse(Text(r)));
        yield return new ValueCodec<CultureInfo>((w, v) => w.WriteText(v.Name), r => CultureInfo.GetCultureInfo(Text(r)));
        yield return new ValueCodec<Rune>((w, v) => w.WriteNumber(v.Value), r => new(r.ReadIndex(int.MaxValue)));
        yield return new ValueCodec<JsonElement>(
            (w, v) => w.WriteText(v.ValueKind == JsonValueKind.Undefined ? null : v.GetRawText()),
            r => r.ReadText() is { } json ? JsonElement.Parse(json, new() { MaxDepth = WireLimits.DepthMax }) : default);
    }

    private static IEnumerable<object> Others()
    {
        yield return new ValueCodec<Index>((w, v) => w.WriteSigned(v.IsFromEnd ? ~v.Value : v.Value),
            r => checked((int)r.ReadSigned()) is var n && n < 0 ? new(~n, fromEnd: true) : new(n));
        yield return new ValueCodec<Range>(
            (w, v) =>
            {
                Codec<Index>.Write(w, v.Start);
                Codec<Index>.Write(w, v.End);
            },
            r => new(Codec<Index>.Read(r), Codec<Index>.Read(r)));
        yield return new ValueCodec<IPAddress>((w, v) => w.WriteText(v.ToString()), r => IPAddress.Parse(Text(r)));
        yield return new ValueCodec<IdSpan>((w, v) => w.WriteBytes(v.AsSpan()), ReadIdSpan);
        yield return new ValueCodec<GrainType>((w, v) => w.WriteBytes(v.Value.AsSpan()), r => new(ReadIdSpan(r)));
        yield return new ValueCodec<GrainId>(
            (w, v) =>
            {
                w.WriteBytes(v.Type.Value.AsSpan());
                w.WriteBytes(v.Key.AsSpan());
            },
            r => new(new(ReadIdSpan(r)), ReadIdSpan(r)));
        yield return new ValueCodec<DBNull>((_, _) => { }, _ => DBNull.Value);
        yield return new ValueCodec<Nothing>((w, _) => w.WriteByte(0), r => r.ReadByte() == 0 ? default(Nothing) : default);
        // A token within a value has nobody left who could cancel it; parameters are seen to by RequestCodec.
        yield return new ValueCodec<CancellationToken>((w, _) => w.WriteByte(0), r => r.ReadByte() == 0 ? default(CancellationToken) : default);
        yield return new ValueCodec<Type>(WireTypes.Write, WireTypes.Read);
        yield return new ValueCodec<GrainReference>(ReferenceCodec.Write, ReferenceCodec.Read);
        yield return new ValueCodec<Exception>(ExceptionCodec.Write, ExceptionCodec.Read);
    }

    private static ValueCodec<T> Raw<T>() where T : unmanaged => new(
        static (writer, value) => System.Runtime.InteropServices.MemoryMarshal.Write(writer.Reserve(Unsafe.SizeOf<T>()), in value),
        static reader => System.Runtime.InteropServices.MemoryMarshal.Read<T>(reader.Take(Unsafe.SizeOf<T>())));

    private static void WriteDecimal(WireWriter writer, decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        foreach (var part in bits)
            writer.WriteInt32(part);
    }

    private static decimal ReadDecimal(WireReader reader) =>
        new([reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32()]);

    private static IdSpan ReadIdSpan(WireReader reader) => reader.ReadBytes() is { Length: > 0 } bytes ? new(bytes.ToArray()) : default;
    private static string Text(WireReader reader) => reader.ReadText() ?? throw new WireFormatException("A text is missing.");
}
