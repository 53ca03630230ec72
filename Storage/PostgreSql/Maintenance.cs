using Microsoft.Extensions.Logging;
using Npgsql;

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

        var succeededBefore = now - retention.SucceededFor;
        var failedBefore = now - retention.FailedFor;
        foreach (var day in days.Order().Where(day => day.AddDays(1).ToDateTime(TimeOnly.MinValue) <= succeededBefore.UtcDateTime))
            await DropAsync(day, succeededBefore, failedBefore, cancellationToken);
        await ForgetAsync(succeededBefore, failedBefore, cancellationToken);
        while (await CallAsync(SqlText.PermitsForget, [Bind.Of(now)], reader => reader.GetInt32(0), cancellationToken) > 0)
        {
            // Some at a time.
        }

        while (await CallAsync(SqlText.KeysDrop, [], reader => reader.GetBoolean(0), cancellationToken))
        {
            // Some at a time.
        }
    }

    private async Task MakeAsync(DateOnly day, CancellationToken cancellationToken)
    {
        if (await CallAsync(SqlText.DayMake, [Bind.Of(day)], reader => reader.GetBoolean(0), cancellationToken))
            LogMade(database.Logger, day);
    }

    private async Task DropAsync(DateOnly day, DateTimeOffset succeededBefore, DateTimeOffset failedBefore, CancellationToken cancellationToken)
    {
        var kept = await CallAsync(
            SqlText.DayDrop, [Bind.Of(day), Bind.Of(succeededBefore), Bind.Of(failedBefore), Bind.Of(KeptMax)],
            reader => reader.IsDBNull(0) ? (int?)null : reader.GetInt32(0), cancellationToken);
        if (kept is >= 0 and var moved)
            LogDropped(database.Logger, day, moved);
        else if (kept is < 0 and var not)
            LogTooMany(database.Logger, day, -1 - not);
    }

    private async Task ForgetAsync(DateTimeOffset succeededBefore, DateTimeOffset failedBefore, CancellationToken cancellationToken)
    {
        (int Shard, Guid Id)? after = (0, Guid.Empty);
        while (after is { } last)
        {
            after = await CallAsync(
                SqlText.Forget,
                [Bind.Of(last.Shard), Bind.Of(last.Id), Bind.Of(succeededBefore), Bind.Of(failedBefore), Bind.Of(LookedAtOnceMax)],
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Partitions made for {Day}")]
    private static partial void LogMade(ILogger logger, DateOnly day);

    [LoggerMessage(Level = LogLevel.Information, Message = "Partitions of {Day} dropped; {Kept} jobs that are open or have ended lately were kept")]
    private static partial void LogDropped(ILogger logger, DateOnly day, int kept);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Partitions of {Day} stay: {Kept} of its jobs are open or have ended lately, too many to move at once")]
    private static partial void LogTooMany(ILogger logger, DateOnly day, int kept);
}
