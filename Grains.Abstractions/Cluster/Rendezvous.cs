using System.Text;

namespace Hearth.Cluster;

/// <summary>
/// Highest random weight hashing (D. Thaler, C. Ravishankar: Using Name-Based Mappings to Increase Hit Rates, 1998): every key has its silo, all
/// who know the same silos agree about it, and when a silo comes or goes only the keys move that it gets or had.
/// </summary>
public static class Rendezvous
{
    /// <summary>The silo of a key.</summary>
    /// <param name="key">The grain's key.</param>
    /// <param name="silos">Ids of the silos that qualify, in any order.</param>
    /// <returns>One of them; null when there are none.</returns>
    public static string? Pick(string key, IEnumerable<string> silos)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(silos);
        var hash = Hash(key);
        string? best = null;
        var highest = 0UL;
        foreach (var silo in silos)
        {
            var weight = Mix(hash ^ Hash(silo));
            if (best is null || weight > highest || (weight == highest && string.CompareOrdinal(silo, best) > 0))
                (best, highest) = (silo, weight);
        }

        return best;
    }

    /// <summary>FNV-1a over UTF-8, the same in every process.</summary>
    private static ulong Hash(string text)
    {
        Span<byte> bytes = stackalloc byte[512];
        var rest = text.AsSpan();
        var hash = 14695981039346656037UL;
        while (!rest.IsEmpty)
        {
            var part = rest[..Math.Min(rest.Length, 128)];
            var length = Encoding.UTF8.GetBytes(part, bytes);
            foreach (var b in bytes[..length])
                hash = (hash ^ b) * 1099511628211UL;
            rest = rest[part.Length..];
        }

        return Mix(hash);
    }

    /// <summary>The finaliser of MurmurHash3: every bit of the input changes half of the output's.</summary>
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdUL;
        x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return x ^ (x >> 33);
    }
}
