namespace Hearth.Storage.PostgreSql;

/// <summary>How Hearth uses a PostgreSQL database.</summary>
public sealed record PostgreSqlOptions
{
    public static PostgreSqlOptions Default { get; } = new();

    /// <summary>
    /// <c>application_name</c> of the sessions: the silo's name, unique to this start, since the next owner of a shard may have the sessions
    /// of the former one ended by it. Null: a random one. What is over 63 bytes is replaced by a hash.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>Connections that write; each serves its own shards. Default 4.</summary>
    public int Writers { get; init; } = 4;

    /// <summary>Most connections for all else. Default 16.</summary>
    public int ReadersMax { get; init; } = 16;

    /// <summary>Longest time to connect to one host. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The database ends a statement after this time; the client gives the connection up a little later. Default 30 s.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The database ends a session that leaves a transaction open for this time. Default 10 s.</summary>
    public TimeSpan IdleInTransactionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to find out what became of a commit whose connection was lost. Default 60 s.</summary>
    public TimeSpan UnknownFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A claim that waits this long has the former owner's sessions ended that it waits for. Default 250 ms.</summary>
    public TimeSpan TerminateAfter { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the inbox is looked at without being told. Default 2 s.</summary>
    public TimeSpan InboxPoll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Rows of a commit, above which no other write joins it. Default 4,000.</summary>
    public int BatchRowsMax { get; init; } = 4_000;

    /// <summary>Bytes of a commit, above which no other write joins it. Default 8 MiB.</summary>
    public long BatchBytesMax { get; init; } = 8 << 20;

    /// <summary>Rows that wait for one writer, above which writes fail. Default 100,000.</summary>
    public int QueuedRowsMax { get; init; } = 100_000;

    /// <summary>Bytes that wait for one writer, above which writes fail. Default 128 MiB.</summary>
    public long QueuedBytesMax { get; init; } = 128 << 20;

    /// <summary>Make and upgrade the tables at start, as far as the role may; else only look whether they are there. Default true.</summary>
    public bool Migrate { get; init; } = true;

    /// <summary>Start on a server that may lose what it has committed (<c>fsync=off</c> and the like). For tests. Default false.</summary>
    public bool AllowUnsafe { get; init; }

    /// <summary>
    /// Keep statements prepared. Null: unless a pooler (PgBouncer) stands between; one that keeps prepared statements itself (PgBouncer 1.21
    /// with <c>max_prepared_statements</c>) takes true.
    /// </summary>
    public bool? Prepare { get; init; }
}
