using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>
/// Times as every store keeps them: whole microseconds, which is PostgreSQL's resolution; what is finer is cut off. Ids carry milliseconds.
/// </summary>
internal static class StoredTime
{
    public static DateTimeOffset Truncate(DateTimeOffset time) => FromMicroseconds(ToMicroseconds(time));

    public static DateTimeOffset? Truncate(DateTimeOffset? time) => time is { } known ? Truncate(known) : null;

    /// <summary>Since 1970, rounded down.</summary>
    public static long ToMicroseconds(DateTimeOffset time) =>
        (time.UtcTicks / TimeSpan.TicksPerMicrosecond) - (DateTimeOffset.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond);

    public static DateTimeOffset FromMicroseconds(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>Jobs accepted at or after <paramref name="time"/> are those whose ids are not below this.</summary>
    public static JobId FirstIdSince(DateTimeOffset time)
    {
        var first = JobId.First(time);
        return first.At >= time ? first : JobId.First(time.AddMilliseconds(1));
    }
}
