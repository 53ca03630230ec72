using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hearth.Jobs;

namespace Hearth.Api.Jobs;

/// <summary>Reads <c>Idempotency-Key</c> (draft-ietf-httpapi-idempotency-key-header-07).</summary>
internal static class IdempotencyKey
{
    private const int LengthMax = 255;

    /// <returns>False when there is one that cannot be used.</returns>
    public static bool TryRead(HttpRequest request, JobSpec job, out JobKey? key)
    {
        key = null;
        var header = request.Headers["Idempotency-Key"];
        if (header.Count == 0)
            return true;
        if (header is not [{ Length: > 0 and <= LengthMax } text] || text.Any(c => c is < ' ' or > '~'))
            return false;
        key = new JobKey(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text))), HashOf(job));
        return true;
    }

    private static string HashOf(JobSpec job)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, job.Function);
        Append(hash, job.ContentType);
        foreach (var (name, value) in job.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            Append(hash, name);
            Append(hash, value);
        }

        hash.AppendData(job.Input);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>With its length, so that no two lists of texts look alike.</summary>
    private static void Append(IncrementalHash hash, string text) =>
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{text.Length}:{text}")));
}
