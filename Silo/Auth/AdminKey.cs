using System.Security.Cryptography;
using System.Text;

namespace Hearth.Auth;

/// <summary>
/// An admin key: <c>hearth_</c>, 128 random bits, and 32 bits of their SHA-256 as a checksum, so that a mistyped key is told from a
/// wrong one without a look-up. Only the SHA-256 of the whole is stored.
/// </summary>
internal static class AdminKey
{
    private const string Prefix = "hearth_";
    private const int RandomHex = 32;
    private const int ChecksumHex = 8;

    public static string Create()
    {
        var random = RandomNumberGenerator.GetHexString(RandomHex, lowercase: true);
        return Prefix + random + Checksum(random);
    }

    public static bool IsWellFormed(string key) =>
        key.Length == Prefix.Length + RandomHex + ChecksumHex
        && key.StartsWith(Prefix, StringComparison.Ordinal)
        && key[^ChecksumHex..] == Checksum(key[Prefix.Length..^ChecksumHex]);

    public static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static string Checksum(string random) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(random)))[..ChecksumHex];
}
