using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Hearth.Jobs;

namespace Hearth.Api.Jobs.Lists;

/// <summary>
/// Where a page stopped: opaque to callers, the same on every silo and after every restart. It carries a hash over the conditions of its list, so
/// that one which was changed, cut or taken from another list is told as such; there is nothing secret in it.
/// </summary>
internal static class ListCursor
{
    private const int IdBytes = 16;
    private const int HashBytes = 12;

    public static string Of(JobId below, string filter)
    {
        Span<byte> bytes = stackalloc byte[IdBytes + HashBytes];
        below.Write(bytes);
        Hash(below, filter).CopyTo(bytes[IdBytes..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <returns>Null when it is not one of this list.</returns>
    public static JobId? Read(string text, string filter)
    {
        Span<byte> bytes = stackalloc byte[IdBytes + HashBytes];
        if (text.Length != Base64Url.GetEncodedLength(bytes.Length)
            || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length != bytes.Length)
            return null;
        var below = JobId.Read(bytes[..IdBytes]);
        return Hash(below, filter).SequenceEqual(bytes[IdBytes..]) ? below : null;
    }

    private static ReadOnlySpan<byte> Hash(JobId below, string filter) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"list 1\n{below}\n{filter}")).AsSpan(0, HashBytes);
}
