using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Hearth.Jobs;

/// <summary>What jobs that must not be there twice have in common.</summary>
public static class UniqueKey
{
    /// <summary>States that count when the job does not say.</summary>
    public static IReadOnlyList<JobState> OpenStates { get; } = [JobState.Scheduled, JobState.Ready, JobState.Running, JobState.Retrying];

    /// <summary>SHA-256 of the function and the given key, or else of all that makes the job.</summary>
    public static byte[] HashOf(JobSpec job)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (job.Options?.Unique?.Key is { } key)
        {
            Add(hash, "key");
            Add(hash, job.Function);
            Add(hash, key);
        }
        else
        {
            Add(hash, "body");
            AddBody(hash, job);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Adds all that makes a job; each part with its length, so that no two lists of texts look alike.</summary>
    public static void AddBody(IncrementalHash hash, JobSpec job)
    {
        Add(hash, job.Function);
        Add(hash, job.ContentType);
        foreach (var (name, value) in (job.Options?.Parameters ?? new Dictionary<string, string>()).OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            Add(hash, name);
            Add(hash, value);
        }

        Add(hash, "");
        hash.AppendData(job.Input.Span);
    }

    /// <summary>Adds one text with its length.</summary>
    internal static void Add(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
