using System.Security.Cryptography;
using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>Ids of jobs that are submitted inside other transactions: nobody counts there, so chance tells them apart.</summary>
public static class InboxIds
{
    /// <summary>An id whose counter has its highest bit set, and 49 random bits.</summary>
    public static JobId Create(DateTimeOffset now, int shard)
    {
        var random = RandomNumberGenerator.GetInt32(JobId.CounterEnd);
        return JobId.Create(now.ToUnixTimeMilliseconds(), JobId.CounterEnd | random, shard, RandomNumberGenerator.GetInt32(1 << 20));
    }
}
