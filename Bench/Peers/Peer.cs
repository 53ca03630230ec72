namespace Hearth.Bench.Peers;

internal enum PeerStore
{
    Postgres,

    /// <summary>An acknowledged job is on the disk.</summary>
    RedisAlways,

    /// <summary>Up to a second of acknowledged jobs may be lost.</summary>
    RedisEverySecond,
}

/// <summary>A job queue, and for each phase the settings among which the best are looked for; the likeliest come first.</summary>
/// <param name="Name">In the tables.</param>
/// <param name="Script">Driver on Node; null: Quartz.NET's.</param>
/// <param name="Store">Where its jobs are.</param>
/// <param name="IsSlow">Ends a few thousand jobs a second: gets fewer, which is no disadvantage.</param>
/// <param name="Settings">By phase.</param>
internal sealed record Peer(string Name, string? Script, PeerStore Store, bool IsSlow, IReadOnlyDictionary<string, PeerSettings[]> Settings)
{
    private static readonly PeerSettings[] Widths = [new(Width: 4), new(Width: 1)];
    private static readonly PeerSettings[] Pools = [new(Pool: 64), new(Pool: 10)];

    public static readonly IReadOnlyList<Peer> All =
    [
        new("pg-boss", "pg-boss.mjs", PeerStore.Postgres, IsSlow: false, new Dictionary<string, PeerSettings[]>
        {
            ["A"] = Pools,
            ["B"] = Widths,
            ["C"] = [Boss(1000, 2), Boss(1000, 1), Boss(1000, 4)],
            ["D"] = [Boss(1000, 1) with { Notify = true }, Boss(1000, 2) with { Notify = true }, Boss(1000, 1)],
            ["E"] = [Boss(100, 2) with { Notify = true, Pool = 64 }, Boss(1, 10) with { Notify = true, Pool = 64 }],
        }),
        new("graphile-worker", "graphile-worker.mjs", PeerStore.Postgres, IsSlow: true, new Dictionary<string, PeerSettings[]>
        {
            ["A"] = Pools,
            ["B"] = Widths,
            ["C"] = [new(ConcurrentJobs: 50), new(ConcurrentJobs: 10), new(ConcurrentJobs: 90)],
            ["D"] = [new(ConcurrentJobs: 50), new(ConcurrentJobs: 10)],
            ["E"] = [new(Pool: 64, ConcurrentJobs: 10)],
        }),
        new("graphile-worker, local queue and batched ends", "graphile-worker.mjs", PeerStore.Postgres, IsSlow: false, new Dictionary<string, PeerSettings[]>
        {
            ["B"] = [.. Widths.Select(width => width with { BulkSql = true })],
            ["C"] = [Batched(24, 500), Batched(50, 1000), Batched(100, 2000)],
            ["D"] = [Batched(24, 500), Batched(100, 2000)],
            ["E"] = [Batched(24, 500) with { Pool = 64 }],
        }),
        new("BullMQ on PostgreSQL", "bullmq.mjs", PeerStore.Postgres, IsSlow: true, new Dictionary<string, PeerSettings[]>
        {
            ["A"] = Pools,
            ["B"] = Widths,
            ["C"] = [Bull(50), Bull(10), Bull(100)],
            ["D"] = [Bull(50)],
            ["E"] = [Bull(10) with { Pool = 64 }],
        }),
        new("BullMQ on Redis, appendfsync always", "bullmq.mjs", PeerStore.RedisAlways, IsSlow: false, OnRedis()),
        new("BullMQ on Redis, everysec (may lose a second)", "bullmq.mjs", PeerStore.RedisEverySecond, IsSlow: false, OnRedis()),
        new("Quartz.NET, clustered", null, PeerStore.Postgres, IsSlow: true, new Dictionary<string, PeerSettings[]>
        {
            ["A"] = [new(Threads: 10)],
            ["B"] = [new(HasJobEach: true), new(HasJobEach: false)],
            ["C"] = [new(Threads: 50), new(Threads: 10), new(Threads: 100)],
            ["D"] = [new(Threads: 100), new(Threads: 10)],
            ["E"] = [new(Threads: 10)],
        }),
    ];

    /// <summary>Enough for some seconds at the speeds of these peers.</summary>
    public int JobsOf(string phase) => phase switch
    {
        "A" => Store == PeerStore.Postgres ? 6_000 : 40_000,
        // A quick run takes a fifth, which is to fill four calls at a time.
        "B" => Script is null ? 20_000 : 100_000,
        "C" => IsSlow ? 6_000 : 100_000,
        "D" => IsSlow ? 6_000 : 50_000,
        _ => 4_000,
    };

    private static PeerSettings Boss(int batch, int workers) => new(BatchSize: batch, LocalConcurrency: workers);

    private static PeerSettings Bull(int concurrency) => new(Concurrency: concurrency);

    private static PeerSettings Batched(int concurrent, int queue) => new(
        ConcurrentJobs: concurrent, MaxPoolSize: 25, LocalQueue: new LocalQueue(queue), CompleteJobBatchDelay: 0, BulkSql: true);

    private static Dictionary<string, PeerSettings[]> OnRedis() => new()
    {
        ["A"] = [new()],
        ["B"] = Widths,
        ["C"] = [Bull(100), Bull(50), Bull(200)],
        ["D"] = [Bull(100), Bull(50)],
        ["E"] = [Bull(100), Bull(10)],
    };
}
