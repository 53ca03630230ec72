using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Hearth.Objects;

namespace Hearth.Api.Objects;

/// <summary>
/// Where a page of keys stopped: the last key, and a hash over it and the list's conditions, so that a cursor that was changed or taken from
/// another list is told as such; there is nothing secret in it.
/// </summary>
internal static class ObjectCursor
{
    private const int HashBytes = 12;

    /// <summary>Three bytes of UTF-8 for each character at most.</summary>
    private static readonly int LengthMax = Base64Url.GetEncodedLength((3 * ObjectKey.LengthMax) + HashBytes);

    public static string Of(string key, string name, string prefix) =>
        Base64Url.EncodeToString([.. Hash(key, name, prefix), .. Encoding.UTF8.GetBytes(key)]);

    /// <returns>Null when it is not one of this list.</returns>
    public static string? Read(string text, string name, string prefix)
    {
        if (text.Length > LengthMax || !Base64Url.IsValid(text))
            return null;
        var bytes = Base64Url.DecodeFromChars(text);
        if (bytes.Length <= HashBytes)
            return null;
        var key = Encoding.UTF8.GetString(bytes.AsSpan(HashBytes));
        return Hash(key, name, prefix).AsSpan().SequenceEqual(bytes.AsSpan(0, HashBytes)) ? key : null;
    }

    private static byte[] Hash(string key, string name, string prefix) => SHA256.HashData(Encoding.UTF8.GetBytes($"objects 1\n{name}\n{prefix}\n{key}"))[..HashBytes];
}
