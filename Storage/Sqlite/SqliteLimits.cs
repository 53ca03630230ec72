namespace Hearth.Storage.Sqlite;

/// <summary>The bounds of the embedded store, in one place. Pages have 8 KiB.</summary>
internal sealed record SqliteLimits
{
    /// <summary>Writes that wait.</summary>
    public int QueuedMax { get; init; } = 100_000;

    /// <summary>Payload bytes of the writes that wait; a single write may be larger.</summary>
    public long QueuedBytesMax { get; init; } = 256 << 20;

    /// <summary>Connections that read at the same time.</summary>
    public int ReadersMax { get; init; } = 4;

    /// <summary>How long a commit with an unknown outcome is sent again.</summary>
    public TimeSpan SendAgainFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long to wait for a lock that another process holds (a backup).</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pages in the log after which they are moved into the file: 8 MiB, for which commits wait some 10 ms.</summary>
    public int FoldAfterPages { get; init; } = 1_000;

    /// <summary>Pages in the log after which it is started anew, readers or not.</summary>
    public int TruncateAfterPages { get; init; } = 16_000;

    /// <summary>How long to wait for readers to leave the log.</summary>
    public TimeSpan TruncateWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Without writes for so long, the log is moved into the file.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromSeconds(1);
}
