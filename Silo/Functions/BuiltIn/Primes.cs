namespace Hearth.Functions.BuiltIn;

/// <param name="UpTo">Upper bound, inclusive; 2 to 2,000,000,000.</param>
public sealed record PrimesInput(int UpTo);

/// <param name="Count">How many primes there are up to the bound.</param>
/// <param name="Largest">The largest of them.</param>
public sealed record PrimesOutput(int Count, int Largest);

/// <summary>Counts primes by a segmented sieve of Eratosthenes: CPU work that can be made as long as wanted, in constant memory.</summary>
internal static class Primes
{
    private const int SegmentLength = 1 << 18;
    private const int UpToMax = 2_000_000_000;

    public static PrimesOutput Count(PrimesInput input, CancellationToken cancellationToken)
    {
        if (input.UpTo is < 2 or > UpToMax)
            throw new FunctionException("upTo must be between 2 and 2,000,000,000.");
        var small = Small((int)Math.Sqrt(input.UpTo) + 1);
        var composite = new bool[SegmentLength];
        var (count, largest) = (0, 0);
        for (long low = 2; low <= input.UpTo; low += SegmentLength)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Clear(composite);
            var length = (int)Math.Min(SegmentLength, input.UpTo - low + 1);
            foreach (long p in small)
            {
                for (var multiple = Math.Max(p * p, (low + p - 1) / p * p); multiple < low + length; multiple += p)
                    composite[multiple - low] = true;
            }

            for (var i = 0; i < length; i++)
            {
                if (!composite[i])
                    (count, largest) = (count + 1, (int)(low + i));
            }
        }

        return new PrimesOutput(count, largest);
    }

    private static List<int> Small(int upTo)
    {
        var composite = new bool[upTo + 1];
        var primes = new List<int>();
        for (var n = 2; n <= upTo; n++)
        {
            if (composite[n])
                continue;
            primes.Add(n);
            for (var multiple = (long)n * n; multiple <= upTo; multiple += n)
                composite[multiple] = true;
        }

        return primes;
    }
}
