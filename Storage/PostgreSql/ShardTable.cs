using System.Collections.Concurrent;
using System.Globalization;
using Hearth.Jobs;
using Npgsql;

namespace Hearth.Storage.PostgreSql;

/// <summary>Shards and who owns them.</summary>
internal sealed class ShardTable(PostgreSqlDatabase database)
{
    private const string SequenceIsUsedUp = "2200H";

    // Never change, and are few (JobLimits.ShardsMax).
    private readonly ConcurrentDictionary<int, string> keys = new();
    private readonly ConcurrentDictionary<string, int> numbers = new();

    /// <summary>
    /// One round trip that the server ends by itself, so that a claimer that dies in it holds up nobody. While it waits, a second connection
    /// ends the sessions of the former owner that it waits for.
    /// </summary>
    public async Task<ShardClaim> ClaimAsync(string key, string owner, bool isPlanned, CancellationToken cancellationToken)
    {
        var mark = "hearth claim " + Guid.NewGuid().ToString("N");
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var clearing = isPlanned ? Task.CompletedTask : ClearWayAsync(key, mark, done.Token);
        try
        {
            var claim = await database.AskAsync(
                (connection, token) => RaiseAsync(connection, key, owner, mark, token), cancellationToken);
            Remember(claim.Number, key);
            return claim;
        }
        catch (StoreUnavailableException e) when (e.InnerException is PostgresException { SqlState: SequenceIsUsedUp })
        {
            throw new StoreUnavailableException(
                string.Create(CultureInfo.InvariantCulture, $"The store has its {JobLimits.ShardsMax} shards: use fewer queues, or fewer shards for each."), e);
        }
        finally
        {
            await done.CancelAsync();
            await clearing;
        }
    }

    public async Task<WriteOutcome> ReleaseAsync(int shard, long epoch) =>
        await database.ExecuteAsync(SqlText.Release, [Bind.Of(shard), Bind.Of(epoch)], CancellationToken.None) == 1
            ? WriteOutcome.Written
            : WriteOutcome.Refused;

    public async Task<IReadOnlyList<ShardRow>> ListAsync(CancellationToken cancellationToken) => await database.ListAsync(
        SqlText.Shards, [],
        reader => new ShardRow(reader.GetInt32(0), reader.GetString(1), reader.GetInt64(2), reader.IsDBNull(3) ? null : reader.GetString(3)),
        cancellationToken);

    public async ValueTask<string?> KeyAsync(int shard, CancellationToken cancellationToken)
    {
        if (keys.TryGetValue(shard, out var known))
            return known;
        var found = await database.ListAsync(SqlText.ShardKey, [Bind.Of(shard)], reader => reader.GetString(0), cancellationToken);
        if (found.Count == 0)
            return null;
        Remember(shard, found[0]);
        return found[0];
    }

    public async ValueTask<int?> NumberAsync(string key, CancellationToken cancellationToken)
    {
        if (numbers.TryGetValue(key, out var known))
            return known;
        var found = await database.ListAsync(SqlText.ShardNumber, [Bind.Of(key)], reader => reader.GetInt32(0), cancellationToken);
        if (found.Count == 0)
            return null;
        Remember(found[0], key);
        return found[0];
    }

    private async Task<ShardClaim> RaiseAsync(NpgsqlConnection connection, string key, string owner, string mark, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        Bind.Add(batch, SqlText.ClaimMark, Bind.Of(mark));
        Bind.Add(batch, SqlText.ClaimMake, Bind.Of(key));
        Bind.Add(batch, SqlText.ClaimLock, Bind.Of(key));
        Bind.Add(batch, SqlText.ClaimRaise, Bind.Of(key), Bind.Of(StoredText.Clean(owner)), Bind.Of(database.Session));
        Bind.Add(batch, SqlText.ClaimLast, Bind.Of(key));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var wasClean = reader.IsDBNull(0);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (number, epoch) = (reader.GetInt32(0), reader.GetInt64(1));
        var upTo = reader.IsDBNull(2) ? default : new JobId(reader.GetGuid(2));
        var position = reader.GetInt64(3);
        database.Clock.Sample(reader.GetDateTime(4));
        await reader.NextResultAsync(cancellationToken);
        var last = await reader.ReadAsync(cancellationToken) ? new JobId(reader.GetGuid(0)) : default;
        return new ShardClaim(number, key, epoch, wasClean, last < upTo ? upTo : last, position);
    }

    private async Task ClearWayAsync(string key, string mark, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(database.Options.TerminateAfter, database.Time, cancellationToken);
                await database.ExecuteAsync(SqlText.ClaimTerminate, [Bind.Of(mark), Bind.Of(key)], cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The claim is through, or given up.
        }
        catch (StoreUnavailableException)
        {
            // The claim meets the same, and tells.
        }
    }

    private void Remember(int number, string key)
    {
        keys[number] = key;
        numbers[key] = number;
    }
}
