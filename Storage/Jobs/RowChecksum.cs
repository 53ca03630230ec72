using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>CRC-32C (Castagnoli, RFC 3720) over all that a wrong answer could come from. Part of the format: the same on every store.</summary>
internal static class RowChecksum
{
    /// <summary>Of a job: id, function, media type, options as stored (empty when there are none), input.</summary>
    public static int OfJob(JobId id, string function, string contentType, ReadOnlySpan<byte> options, ReadOnlySpan<byte> input)
    {
        var crc = Add(~0u, id);
        crc = Add(Add(crc, function), contentType);
        return (int)~Add(Add(crc, options), input);
    }

    /// <summary>Of an end: id, state, media type and error ("" for null), result.</summary>
    public static int OfEnd(JobId id, JobState state, string? contentType, string? error, ReadOnlySpan<byte> result)
    {
        var crc = BitOperations.Crc32C(Add(~0u, id), (byte)state);
        return (int)~Add(Add(Add(crc, contentType ?? ""), error ?? ""), result);
    }

    /// <summary>Of a part of a checkpoint: its last id, the part's number, the ids in it.</summary>
    public static int OfCheckpoint(JobId upTo, int part, ReadOnlySpan<byte> open) =>
        (int)~Add(BitOperations.Crc32C(Add(~0u, upTo), (uint)part), open);

    private static uint Add(uint crc, JobId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Write(bytes);
        return Add(crc, bytes);
    }

    private static uint Add(uint crc, string text)
    {
        Span<byte> small = stackalloc byte[384];
        var count = Encoding.UTF8.GetMaxByteCount(text.Length) <= small.Length ? Encoding.UTF8.GetBytes(text, small) : -1;
        crc = Add(crc, count >= 0 ? small[..count] : Encoding.UTF8.GetBytes(text));
        return BitOperations.Crc32C(crc, (byte)0);
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }
}
