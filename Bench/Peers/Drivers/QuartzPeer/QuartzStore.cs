using Hearth.Bench.Jobs;
using Hearth.Storage;
using Npgsql;

namespace Hearth.Bench.Peers.QuartzPeer;

/// <summary>Quartz's tables. A job that has ended is a trigger that was deleted; the server counts those.</summary>
internal sealed class QuartzStore(PostgresBenchStore databases) : BenchStore
{
    private static readonly TimeSpan StatisticsDelay = TimeSpan.FromSeconds(1.5);

    public override string Name => databases.Name;

    public override string[] SiloArguments => throw new NotSupportedException();

    public string ConnectionString => databases.ConnectionString;

    public override StoreCounters CountersOf(IJobStore store) => throw new NotSupportedException();

    public override Task ResetAsync() => databases.ResetAsync();

    public override Task SettleAsync() => databases.SettleAsync();

    public override async Task<(long Jobs, long Ends)> CountAsync()
    {
        // A session that is kept for later reports within a second what it did; one that ends, at once.
        NpgsqlConnection.ClearAllPools();
        await Task.Delay(StatisticsDelay, TimeProvider.System);
        await using var connection = await databases.ConnectAsync();
        await using var command = new NpgsqlCommand(
            "SELECT (SELECT count(*) FROM qrtz_triggers), (SELECT n_tup_del FROM pg_stat_user_tables WHERE relname = 'qrtz_triggers')", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var (waiting, ended) = (reader.GetInt64(0), reader.GetInt64(1));
        return (waiting + ended, ended);
    }

    public async Task<bool> HoldsAnyAsync()
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM qrtz_triggers) OR EXISTS (SELECT FROM qrtz_fired_triggers)", connection);
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await databases.ConnectAsync();
        await PostgresBenchStore.ExecuteAsync(connection, sql);
    }

    public override ValueTask DisposeAsync() => databases.DisposeAsync();
}
