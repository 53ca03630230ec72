using System.Security.Cryptography;

namespace Hearth.Functions.BuiltIn;

/// <param name="Algorithm">Which hash.</param>
/// <param name="Hash">Lower-case hexadecimal.</param>
/// <param name="Bytes">Length of the input.</param>
public sealed record HashOutput(string Algorithm, string Hash, long Bytes);

/// <summary>Hashes any bytes, streaming.</summary>
internal static class Hashing
{
    public static FunctionParameter Algorithm { get; } = new("algorithm", "Which hash.", "sha256", ["sha256", "sha384", "sha512", "md5"]);

    public static async Task<HashOutput> HashAsync(Stream input, FunctionContext context, CancellationToken cancellationToken)
    {
        var name = context.Parameters["algorithm"];
        using var hash = IncrementalHash.CreateHash(new HashAlgorithmName(name.ToUpperInvariant()));
        var buffer = new byte[64 * 1024];
        long bytes = 0;
        for (int read; (read = await input.ReadAsync(buffer, cancellationToken)) > 0; bytes += read)
            hash.AppendData(buffer, 0, read);
        return new HashOutput(name, Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
    }
}
