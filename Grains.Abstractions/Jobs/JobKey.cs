using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Hearth.Jobs;

/// <summary>An idempotency key: for 24 h the same key and body mean the same jobs.</summary>
/// <param name="Hash">SHA-256 of the key; 32 bytes.</param>
/// <param name="BodyHash">SHA-256 of all that makes the request; 32 bytes.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobKey([property: Id(0)] ReadOnlyMemory<byte> Hash, [property: Id(1)] ReadOnlyMemory<byte> BodyHash)
{
    /// <summary>Longest key, in characters.</summary>
    public const int LengthMax = 255;

    /// <summary>1 to 255 printable ASCII characters.</summary>
    public static bool IsValid(string? key) => key is { Length: > 0 and <= LengthMax } && key.All(c => c is >= ' ' and <= '~');

    /// <summary>The key of a request for jobs; their options count as much as their inputs.</summary>
    public static JobKey Of(string key, ReadOnlySpan<JobSpec> jobs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var job in jobs)
        {
            UniqueKey.AddBody(hash, job);
            JobOptionsHash.Add(hash, job.Options);
        }

        return new JobKey(HashOf(key), hash.GetHashAndReset());
    }

    /// <summary>The key of a request to run a job again.</summary>
    public static JobKey OfRedrive(string key, JobId id) => new(HashOf(key), SHA256.HashData(Encoding.ASCII.GetBytes("redrive " + id)));

    /// <summary>What one job of the request is known by where its jobs belong to different shards; 32 bytes.</summary>
    /// <param name="place">Of the job in the request.</param>
    public byte[] HashOf(int place)
    {
        Span<byte> text = stackalloc byte[Hash.Length + sizeof(int)];
        Hash.Span.CopyTo(text);
        BinaryPrimitives.WriteInt32BigEndian(text[Hash.Length..], place);
        return SHA256.HashData(text);
    }

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.ASCII.GetBytes(key));
}

/// <summary>What became of a submission.</summary>
public enum SubmitOutcome
{
    /// <summary>Stored.</summary>
    Accepted,

    /// <summary>The idempotency key was known: nothing was stored, the jobs that have it are answered.</summary>
    Repeat,

    /// <summary>Another job like it is known (<see cref="UniqueSpec"/>): nothing was stored, that job is answered.</summary>
    Duplicate,

    /// <summary>The idempotency key was known with another body: refused.</summary>
    OtherBody,

    /// <summary>The first request with this key has not been stored yet: refused.</summary>
    InProgress,

    /// <summary>The queue is full: refused.</summary>
    QueueFull,

    /// <summary>The shard takes no new jobs any more, because its queue has others now: refused; ask one of those.</summary>
    Moved,
}

/// <param name="Outcome">What became of it.</param>
/// <param name="Id">The job: the new one, or the one known.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct JobSubmitted([property: Id(0)] SubmitOutcome Outcome, [property: Id(1)] JobId Id);

/// <summary>What became of several jobs of one request: accepted whole, unless some are unique.</summary>
/// <param name="Outcome">Of the request as a whole.</param>
/// <param name="First">The first job's id; the others' are counted up from it (<see cref="JobId.Plus"/>).</param>
/// <param name="Count">How many there are.</param>
/// <param name="Items">One by one, when some jobs are unique or belong to different shards; null: all alike.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobsSubmitted(
    [property: Id(0)] SubmitOutcome Outcome, [property: Id(1)] JobId First, [property: Id(2)] int Count,
    [property: Id(3)] JobSubmitted[]? Items = null);
