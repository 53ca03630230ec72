using System.Globalization;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Bench.Jobs;

/// <summary>Jobs that have ended lately, a thousand in each millisecond; nobody reads them again.</summary>
internal sealed class EndedJobs(int count)
{
    private const int PerMillisecond = 1_000;

    private readonly long start = TimeProvider.System.GetUtcNow().AddMinutes(-15).ToUnixTimeMilliseconds();

    /// <summary>The shard that they are of.</summary>
    public static string Queue { get; } = ShardKey.Of(ShardKey.DefaultQueue);

    public IEnumerable<FloorBatch> Batches(int shard)
    {
        Payloads.Render(1);
        var batch = new FloorBatch();
        for (var job = 0; job < count; job++)
        {
            batch.Jobs.Add((Id(shard, job), Payloads.Of(0)));
            batch.Ends.Add(Id(shard, job));
            if (batch.Jobs.Count < PerMillisecond && job + 1 < count)
                continue;
            yield return batch;
            batch.Clear();
        }
    }

    /// <summary>The same in PostgreSQL; the id is put together as <see cref="JobId"/> tells.</summary>
    public string Sql(int shard) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        CREATE FUNCTION pg_temp.job_id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
            SELECT (lpad(to_hex({start} + n / {PerMillisecond}), 12, '0') || '7000' || to_hex((1 << 19) + n % {PerMillisecond})
                || lpad(to_hex({shard}), 6, '0') || '00001')::uuid $$;
        INSERT INTO hearth.job (id, shard, checksum, function, input)
        SELECT pg_temp.job_id(n), {shard}, 0, '{HearthSubject.Function}', convert_to(repeat('x', 100), 'UTF8') FROM generate_series(0, {count - 1}) AS n;
        INSERT INTO hearth.job_end (id, ended_at, started_at, shard, checksum, attempt, state, result)
        SELECT pg_temp.job_id(n), now(), now(), {shard}, 0, 1, 5, '' FROM generate_series(0, {count - 1}) AS n;
        """);

    /// <summary>As their owner would have left them.</summary>
    public async Task CheckpointAsync(IJobStore store)
    {
        var claim = await store.ClaimAsync(Queue, "bench", isPlanned: false, CancellationToken.None);
        if (claim.LastId != Id(claim.Number, count - 1))
            throw new InvalidOperationException($"The last job is {claim.LastId} instead of {Id(claim.Number, count - 1)}.");
        await store.WriteCheckpointAsync(
            new ShardCheckpoint(claim.Number, claim.Epoch, claim.LastId, ReadOnlyMemory<JobId>.Empty, claim.InboxPosition), CancellationToken.None);
        await store.ReleaseAsync(claim.Number, claim.Epoch);
    }

    private JobId Id(int shard, int job) => JobId.Create(start + (job / PerMillisecond), job % PerMillisecond, shard, 1);
}
