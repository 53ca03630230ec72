using Hearth.Storage.PostgreSql;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>State per grain, where the first writer wins.</summary>
public sealed class PostgreSqlGrainStateStoreTests
{
    [PostgresFact]
    public async Task State_is_written_read_and_cleared_under_its_etag()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = new PostgreSqlGrainStateStore(await world.OpenDatabaseAsync());
        Assert.Null(await store.ReadAsync("queue/a", "state"));

        var first = await store.WriteAsync("queue/a", "state", "1"u8.ToArray(), null);
        Assert.Null(await store.WriteAsync("queue/a", "state", "x"u8.ToArray(), null));
        Assert.Null(await store.WriteAsync("queue/a", "state", "x"u8.ToArray(), "another"));
        var second = await store.WriteAsync("queue/a", "state", "2"u8.ToArray(), first);

        var read = await store.ReadAsync("queue/a", "state");
        Assert.Equal(second, read!.ETag);
        Assert.Equal("2"u8.ToArray(), read.Payload);
        Assert.Null(await store.ReadAsync("queue/a", "other"));
        Assert.False(await store.ClearAsync("queue/a", "state", first));
        Assert.True(await store.ClearAsync("queue/a", "state", second));
        Assert.Null(await store.ReadAsync("queue/a", "state"));
    }

    [PostgresFact]
    public async Task Of_writers_at_the_same_time_one_wins()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = new PostgreSqlGrainStateStore(await world.OpenDatabaseAsync());
        string? etag = null;
        for (var round = 0; round < 5; round++)
        {
            var before = etag;
            var written = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => store.WriteAsync("g", "n", [(byte)i], before)));
            etag = Assert.Single(written, one => one is not null);
        }
    }

    [PostgresFact]
    public async Task Sessions_that_were_ended_while_idle_are_not_noticed_by_readers()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = new PostgreSqlGrainStateStore(await world.OpenDatabaseAsync("silo-y"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.ReadAsync("g", "n")));

        world.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'silo-y'");

        var etag = await store.WriteAsync("g", "n", [1], null);
        Assert.Equal(etag, (await store.ReadAsync("g", "n"))!.ETag);
    }
}
