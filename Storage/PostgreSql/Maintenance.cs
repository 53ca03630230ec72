using Hearth.Jobs;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql;

/// <summary>
/// Partitions made ahead, and old ones dropped. The work is done by functions of the database, which run with their owner's rights, one
/// transaction each; this calls them, and again when they could not get their locks in 200 ms.
/// </summary>
internal sealed partial class Maintenance(PostgreSqlDatabase database)
{
    private const int DaysAhead = 7;
    private const int TriesMax = 20;
    private const int LookedAtOnceMax = 1_000;

    /// <summary>Jobs that are moved at once while writers wait: about 200 ms.</summary>
    private const int KeptMax = 20_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Counting what must be kept of a day reads all of it: not often where it was too much.</summary>
    private static readonly TimeSpan PauseOfTooMany = TimeSpan.FromHours(6);

    private readonly Dictionary<DateOnly, long> tooMany = [];

    public async Task RunAsync(Retention retention, CancellationToken cancellationToken)
    {
        var now = database.Clock.Now;
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var days = (await database.ListAsync(SqlText.Days, [], reader => DateOnly.FromDateTime(reader.GetDateTime(0)), cancellationToken)).ToHashSet();
        for (var day = today; day <= today.AddDays(DaysAhead); day = day.AddDays(1))
        {
            if (!days.Contains(day))
                await MakeAsync(day, cancellationToken);
        }

        var before = new Cutoffs(retention, now);
        var newest = (now - retention.Least).UtcDateTime;
        foreach (var day in days.Order().Where(day => day.AddDays(1).ToDateTime(TimeOnly.MinValue) <= newest && !WasTooMany(day)))
            await DropAsync(day, before, cancellationToken);
        await ForgetAsync(before, cancellationToken);
        while (await CallAsync(SqlText.PermitsForget, [Bind.Of(now)], reader => reader.GetInt32(0), cancellationToken) > 0)
        {
            // Some at a time.
        }

        while (await CallAsync(SqlText.KeysDrop, [], reader => reader.GetBoolean(0), cancellationToken))
        {
            // Some at a time.
        }
    }

    /// <summary>Forgets ended jobs at once.</summary>
    public async Task<IReadOnlyList<JobId>> ForgetAsync(int shard, IReadOnlyList<JobId> ids, CancellationToken cancellationToken)
    {
        var forgotten = new List<JobId>();
        foreach (var some in ids.Distinct().Order().Chunk(LookedAtOnceMax))
        {
            var ended = await CallAsync(
                SqlText.JobDelete, [Bind.Of(shard), Bind.Of(some)], reader => reader.IsDBNull(0) ? [] : reader.GetFieldValue<Guid[]>(0), cancellationToken);
            forgotten.AddRange(ended.Select(id => new JobId(id)));
        }

        return forgotten;
    }

    private bool WasTooMany(DateOnly day) => tooMany.TryGetValue(day, out var at) && database.Time.GetElapsedTime(at) < PauseOfTooMany;

    private async Task MakeAsync(DateOnly day, CancellationToken cancellationToken)
    {
        if (await CallAsync(SqlText.DayMake, [Bind.Of(day)], reader => reader.GetBoolean(0), cancellationToken))
            LogMade(database.Logger, day);
    }

    private async Task DropAsync(DateOnly day, Cutoffs before, CancellationToken cancellationToken)
    {
        var kept = await CallAsync(
            SqlText.DayDrop, [Bind.Of(day), .. before.Bound(), Bind.Of(KeptMax)],
            reader => reader.IsDBNull(0) ? (int?)null : reader.GetInt32(0), cancellationToken);
        if (kept is >= 0 and var moved)
            LogDropped(database.Logger, day, moved);
        if (kept is not < 0)
        {
            tooMany.Remove(day);
            return;
        }

        tooMany[day] = database.Time.GetTimestamp();
        LogTooMany(database.Logger, day, KeptMax);
    }

    private async Task ForgetAsync(Cutoffs before, CancellationToken cancellationToken)
    {
        (int Shard, Guid Id)? after = (0, Guid.Empty);
        while (after is { } last)
        {
            after = await CallAsync(
                SqlText.Forget,
                [Bind.Of(last.Shard), Bind.Of(last.Id), .. before.Bound(), Bind.Of(LookedAtOnceMax)],
                reader => reader.IsDBNull(0) ? ((int, Guid)?)null : (reader.GetInt32(0), reader.GetGuid(1)), cancellationToken);
        }
    }

    private async Task<T> CallAsync<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await database.AskAsync((connection, token) => CallOnceAsync(connection, sql, parameters, read, token), cancellationToken);
            }
            catch (StoreUnavailableException e) when (e.InnerException is { } inner && IsPassing(inner) && tries < TriesMax)
            {
                await Task.Delay(Pause, database.Time, cancellationToken);
            }
        }
    }

    private static async Task<T> CallOnceAsync<T>(
        NpgsqlConnection connection, string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = 3_600 };
        Bind.Add(batch, SqlText.MaintainPatiently);
        Bind.Add(batch, sql, parameters);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var result = read(reader);
        // Errors of the commit come to light here.
        while (await reader.NextResultAsync(cancellationToken))
        {
        }

        return result;
    }

    private static bool IsPassing(Exception e) => Failures.IsTimeout(e) || Failures.IsVictim(e);

    /// <summary>When a job must have ended to be forgotten: of all shards, and of those that differ, for succeeded, failed and cancelled jobs.</summary>
    private sealed class Cutoffs(Retention retention, DateTimeOffset now)
    {
        private readonly List<DateTime> ofAll = Of(retention, now);
        private readonly List<int> shards = [.. retention.Shards.Keys];
        private readonly List<DateTime> ofShards = [.. retention.Shards.Values.SelectMany(shard => Of(shard, now))];

        public NpgsqlParameter[] Bound() =>
        [
            Bind.OfMany(ofAll, NpgsqlDbType.TimestampTz), Bind.OfMany(shards, NpgsqlDbType.Integer), Bind.OfMany(ofShards, NpgsqlDbType.TimestampTz),
        ];

        private static List<DateTime> Of(Retention shard, DateTimeOffset now) =>
        [
            shard.Before(JobState.Succeeded, now).UtcDateTime, shard.Before(JobState.Failed, now).UtcDateTime, shard.Before(JobState.Cancelled, now).UtcDateTime,
        ];
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Partitions made for {Day}")]
    private static partial void LogMade(ILogger logger, DateOnly day);

    [LoggerMessage(Level = LogLevel.Information, Message = "Partitions of {Day} dropped; {Kept} jobs that are open or have ended lately were kept")]
    private static partial void LogDropped(ILogger logger, DateOnly day, int kept);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Partitions of {Day} stay: more than {Kept} of its jobs are open or have ended lately, too many to move at once; tried again in 6 hours")]
    private static partial void LogTooMany(ILogger logger, DateOnly day, int kept);
}
