using System.Buffers.Binary;

namespace Hearth.Jobs;

/// <summary>
/// A job's id: a UUIDv7 (RFC 9562), written as 32 lower-case hexadecimal digits, so that text order is time order. Shards mint them
/// on the store's clock, in the order in which their jobs are committed.
/// </summary>
/// <remarks>
/// From the highest bit: 48 milliseconds since 1970, 4 version, 12 and (after 2 variant) 18 counter, 24 shard, 20 lowest of the owner's
/// epoch. So an id tells its shard, and no two owners of a shard ever mint the same. The counter's highest bit is set in ids that the
/// inbox minted, which shards do not.
/// </remarks>
[GenerateSerializer]
[Immutable]
public readonly record struct JobId([property: Id(0)] Guid Value) : IComparable<JobId>
{
    /// <summary>Above any counter that a shard mints: 2^29.</summary>
    public const int CounterEnd = 1 << 29;

    /// <summary>Above any shard number: 2^24.</summary>
    public const int ShardEnd = 1 << 24;

    private const int EpochBits = 20;
    private const int ShardBits = 24;
    private const int CounterLowBits = 18;

    /// <summary>Puts an id together.</summary>
    /// <param name="unixMilliseconds">When, on the store's clock.</param>
    /// <param name="counter">Tells apart those of one millisecond; below <see cref="CounterEnd"/>.</param>
    /// <param name="shard">The shard's number.</param>
    /// <param name="epoch">The owner's epoch.</param>
    public static JobId Create(long unixMilliseconds, int counter, int shard, long epoch)
    {
        var high = ((ulong)unixMilliseconds << 16) | 0x7000 | ((uint)counter >> CounterLowBits);
        var low = (2UL << 62)
            | ((ulong)((uint)counter & ((1 << CounterLowBits) - 1)) << (ShardBits + EpochBits))
            | ((ulong)(uint)shard << EpochBits)
            | ((ulong)epoch & ((1 << EpochBits) - 1));
        return From(high, low);
    }

    /// <summary>Not above any id of this or a later time.</summary>
    public static JobId First(DateTimeOffset at) => From((ulong)Math.Max(0, at.ToUnixTimeMilliseconds()) << 16, 0);

    /// <summary>Big-endian, as stored: byte order is id order.</summary>
    public static JobId Read(ReadOnlySpan<byte> bytes) => new(new Guid(bytes, bigEndian: true));

    public static bool TryParse(string? text, out JobId id)
    {
        var parsed = Guid.TryParseExact(text, "N", out var value);
        id = new JobId(value);
        return parsed;
    }

    public static bool operator <(JobId left, JobId right) => left.CompareTo(right) < 0;

    public static bool operator >(JobId left, JobId right) => left.CompareTo(right) > 0;

    public static bool operator <=(JobId left, JobId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(JobId left, JobId right) => left.CompareTo(right) >= 0;

    public long UnixMilliseconds => (long)(High >> 16);

    /// <summary>When it was minted, which is when the job was accepted.</summary>
    public DateTimeOffset At => DateTimeOffset.FromUnixTimeMilliseconds(UnixMilliseconds);

    public int Counter => ((int)(High & 0xFFF) << CounterLowBits) | (int)((Low >> (ShardBits + EpochBits)) & ((1 << CounterLowBits) - 1));

    /// <summary>The number of the shard that owns the job.</summary>
    public int Shard => (int)(Low >> EpochBits) & (ShardEnd - 1);

    /// <summary>The id that is <paramref name="count"/> counts after this one: the jobs of one request have consecutive ids.</summary>
    public JobId Plus(int count) => Create(UnixMilliseconds, Counter + count, Shard, (long)(Low & ((1 << EpochBits) - 1)));

    /// <summary>Writes the 16 bytes, big-endian.</summary>
    public void Write(Span<byte> bytes) => Value.TryWriteBytes(bytes, bigEndian: true, out _);

    public int CompareTo(JobId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("N");

    private ulong High => BinaryPrimitives.ReadUInt64BigEndian(Bytes(stackalloc byte[16]));

    private ulong Low => BinaryPrimitives.ReadUInt64BigEndian(Bytes(stackalloc byte[16])[8..]);

    private static JobId From(ulong high, ulong low)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return Read(bytes);
    }

    private Span<byte> Bytes(Span<byte> bytes)
    {
        Write(bytes);
        return bytes;
    }
}
