using System.Runtime.CompilerServices;
using Hearth.Jobs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hearth.Storage.PostgreSql;

/// <summary>Reads what is open of a shard, in work proportional to that.</summary>
/// <remarks>
/// 1. The ids of the last complete checkpoint, looked up.
/// 2. Jobs after it, in order of their ids, which the key gives.
/// 3. Jobs of the inbox that were stored after it under older ids.
/// Each time in chunks, less those that have ended, with what their attempts tell folded in.
/// </remarks>
internal sealed partial class Recovery(PostgreSqlDatabase database)
{
    private const int ChunkMax = 5_000;

    public async IAsyncEnumerable<IReadOnlyList<OpenJob>> RunAsync(
        ShardClaim claim, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var names = new Dictionary<string, string>();
        var (head, late) = await WholeAsync(await HeadAsync(claim.Number, cancellationToken), claim.Number, cancellationToken);
        for (var part = 0; part < head.Parts; part++)
        {
            var ids = await PartAsync(claim.Number, head, part, cancellationToken)
                ?? throw new StoreUnavailableException("The checkpoint was replaced while it was read: the shard has another owner.");
            await foreach (var open in ListedAsync(claim.Number, ids, names, cancellationToken))
                yield return open;
        }

        JobId? last = head.UpTo;
        while (last is { } after)
        {
            (var open, last) = await AfterAsync(claim, after, names, cancellationToken);
            if (open.Count > 0)
                yield return open;
        }

        await foreach (var open in ListedAsync(claim.Number, [.. late], names, cancellationToken))
            yield return open;
    }

    /// <summary>
    /// The checkpoint if all of it is there and as it was written, else none, and recovery reads more; and what was stored from the inbox
    /// since under ids that it covers and does not list.
    /// </summary>
    private async Task<(Head Head, HashSet<JobId> Late)> WholeAsync(Head head, int shard, CancellationToken cancellationToken)
    {
        if (head.Number == default)
            return (default, []);
        var late = await database.ListAsync(
            SqlText.RecoverInbox, [Bind.Of(shard), Bind.Of(Position(head.InboxPosition)), Bind.Of(head.UpTo)],
            reader => new JobId(reader.GetGuid(0)), cancellationToken);
        var unlisted = late.ToHashSet();
        for (var part = 0; part < head.Parts; part++)
        {
            var ids = await PartAsync(shard, head, part, cancellationToken);
            if (ids is null)
            {
                LogDamaged(database.Logger, part, shard);
                return (default, []);
            }

            unlisted.ExceptWith(ids);
        }

        return (head, unlisted);
    }

    private async Task<Head> HeadAsync(int shard, CancellationToken cancellationToken)
    {
        var heads = await database.ListAsync(
            SqlText.CheckpointHead, [Bind.Of(shard)],
            reader => reader.IsDBNull(0)
                ? default
                : new Head(reader.GetGuid(0), new JobId(reader.GetGuid(1)), reader.GetInt64(2), reader.GetInt32(3)),
            cancellationToken);
        return heads.Count == 0 ? default : heads[0];
    }

    /// <returns>Null when it is not there or not as it was written.</returns>
    private async Task<List<JobId>?> PartAsync(int shard, Head head, int part, CancellationToken cancellationToken)
    {
        var rows = await database.ListAsync(
            SqlText.CheckpointRead, [Bind.Of(shard), Bind.Of(head.Number), Bind.Of(part)],
            reader => (Ids: reader.GetFieldValue<byte[]>(0), Checksum: reader.GetInt32(1)), cancellationToken);
        if (rows.Count == 0 || rows[0].Checksum != RowChecksum.OfCheckpoint(head.UpTo, part, rows[0].Ids))
            return null;
        var packed = rows[0].Ids;
        var ids = new List<JobId>(packed.Length / 16);
        for (var at = 0; at < packed.Length; at += 16)
            ids.Add(JobId.Read(packed.AsSpan(at, 16)));
        return ids;
    }

    private async IAsyncEnumerable<List<OpenJob>> ListedAsync(
        int shard, List<JobId> ids, Dictionary<string, string> names, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ids.Sort();
        for (var from = 0; from < ids.Count; from += ChunkMax)
        {
            var open = await SomeAsync(shard, ids.GetRange(from, Math.Min(ChunkMax, ids.Count - from)), names, cancellationToken);
            if (open.Count > 0)
                yield return open;
        }
    }

    private Task<List<OpenJob>> SomeAsync(int shard, List<JobId> ids, Dictionary<string, string> names, CancellationToken cancellationToken) =>
        database.AskAsync(
            async (connection, token) =>
            {
                NpgsqlParameter[] listed = [Bind.Of(shard), Bind.Of(ids), Bind.Of(ids[0]), Bind.Of(ids[^1])];
                await using var batch = new NpgsqlBatch(connection);
                Bind.Add(batch, SqlText.ByKey);
                Bind.Add(batch, SqlText.RecoverListed, listed);
                Bind.Add(batch, SqlText.EndedListed, listed);
                Bind.Add(batch, SqlText.AttemptsListed, listed);
                await using var reader = await batch.ExecuteReaderAsync(token);
                await reader.NextResultAsync(token);
                var jobs = await JobsAsync(reader, names, token);
                await reader.NextResultAsync(token);
                var ended = await EndedAsync(reader, token);
                await reader.NextResultAsync(token);
                var attempts = await AttemptsAsync(reader, token);
                var open = Fold(jobs, ended, attempts);
                open.Sort((left, right) => left.Id.CompareTo(right.Id));
                return open;
            },
            cancellationToken);

    /// <returns>Those open, and the last id read, or null when there is nothing after it.</returns>
    private Task<(List<OpenJob> Open, JobId? Last)> AfterAsync(
        ShardClaim claim, JobId after, Dictionary<string, string> names, CancellationToken cancellationToken) => database.AskAsync(
        async (connection, token) =>
        {
            await using var first = new NpgsqlBatch(connection);
            Bind.Add(first, SqlText.ByKey);
            Bind.Add(first, SqlText.RecoverAfter, Bind.Of(claim.Number), Bind.Of(after));
            List<OpenJob> jobs;
            await using (var reader = await first.ExecuteReaderAsync(token))
            {
                await reader.NextResultAsync(token);
                jobs = await JobsAsync(reader, names, token);
            }

            if (jobs.Count == 0)
                return ([], null);
            var last = jobs[^1].Id;
            await using var second = new NpgsqlBatch(connection);
            NpgsqlParameter[] between = [Bind.Of(claim.Number), Bind.Of(jobs[0].Id), Bind.Of(last)];
            Bind.Add(second, SqlText.ByKey);
            Bind.Add(second, SqlText.EndedBetween, between);
            Bind.Add(second, SqlText.AttemptsBetween, between);
            await using var others = await second.ExecuteReaderAsync(token);
            await others.NextResultAsync(token);
            var ended = await EndedAsync(others, token);
            await others.NextResultAsync(token);
            var attempts = await AttemptsAsync(others, token);
            // What the new owner has accepted by now is known to it.
            var isFull = jobs.Count == ChunkMax;
            jobs.RemoveAll(job => job.Id > claim.LastId);
            return (Fold(jobs, ended, attempts), isFull ? last : (JobId?)null);
        },
        cancellationToken);

    /// <summary>For a parameter of <c>xid8</c>, which comes as text.</summary>
    internal static string Position(long position) => position.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static List<OpenJob> Fold(List<OpenJob> jobs, HashSet<JobId> ended, Dictionary<JobId, AttemptTally> attempts)
    {
        var open = new List<OpenJob>(jobs.Count);
        foreach (var job in jobs)
        {
            if (!ended.Contains(job.Id))
                open.Add(attempts.GetValueOrDefault(job.Id).Open(job.Id, job.Function, job.Priority, job.DueAt, job.ExpiresAt, (job.Key, job.IsAlone)));
        }

        return open;
    }

    private static async Task<List<OpenJob>> JobsAsync(NpgsqlDataReader reader, Dictionary<string, string> names, CancellationToken cancellationToken)
    {
        var jobs = new List<OpenJob>();
        while (await reader.ReadAsync(cancellationToken))
            jobs.Add(Read(reader, names));
        return jobs;
    }

    private static async Task<HashSet<JobId>> EndedAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var ended = new HashSet<JobId>();
        while (await reader.ReadAsync(cancellationToken))
            ended.Add(new JobId(reader.GetGuid(0)));
        return ended;
    }

    private static async Task<Dictionary<JobId, AttemptTally>> AttemptsAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var tallies = new Dictionary<JobId, AttemptTally>();
        AttemptKind? before = null;
        while (await reader.ReadAsync(cancellationToken))
        {
            var row = new JobAttemptRow(
                new JobId(reader.GetGuid(0)), reader.GetInt32(1), (AttemptKind)reader.GetInt16(2), default, RetryAt: Rows.TimeOrNull(reader, 3));
            tallies[row.Id] = tallies.GetValueOrDefault(row.Id).With(row, before);
            before = row.Kind;
        }

        return tallies;
    }

    private static OpenJob Read(NpgsqlDataReader reader, Dictionary<string, string> names)
    {
        var function = reader.GetString(1);
        if (!names.TryGetValue(function, out var name))
            names.Add(function, name = function);
        var (key, isAlone) = StoredOptions.KeyOf(Rows.Options(reader, 5));
        return new OpenJob(
            new JobId(reader.GetGuid(0)), name, Rows.Priority(reader, 2), Rows.TimeOrNull(reader, 3), Rows.TimeOrNull(reader, 4), 0, 0, 0,
            Key: key, IsAlone: isAlone);
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Part {Part} of the checkpoint of shard {Shard} is missing or damaged: all of the shard's jobs are read")]
    private static partial void LogDamaged(ILogger logger, int part, int shard);

    private readonly record struct Head(Guid Number, JobId UpTo, long InboxPosition, int Parts);
}
