using Hearth.Storage.Sqlite;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.Sqlite;

public sealed class SqliteGrainStateStoreTests : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private SqliteDatabase database = null!;
    private SqliteGrainStateStore store = null!;

    public Task InitializeAsync()
    {
        database = SqliteDatabase.Open(folder["state.db"]);
        store = new SqliteGrainStateStore(database);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await database.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task State_comes_back_with_its_etag()
    {
        Assert.Null(await store.ReadAsync("g", "n"));
        var etag = await store.WriteAsync("g", "n", "{}"u8.ToArray(), null);
        var row = (await store.ReadAsync("g", "n"))!;
        Assert.Equal((etag, "{}"), (row.ETag, System.Text.Encoding.UTF8.GetString(row.Payload)));
        Assert.Null(await store.ReadAsync("g", "other"));
    }

    [Fact]
    public async Task Whoever_was_not_the_last_writer_is_refused()
    {
        var first = await store.WriteAsync("g", "n", [1], null);
        Assert.Null(await store.WriteAsync("g", "n", [2], null));
        var second = await store.WriteAsync("g", "n", [3], first);
        Assert.Null(await store.WriteAsync("g", "n", [4], first));
        Assert.Equal([3], (await store.ReadAsync("g", "n"))!.Payload);
        Assert.False(await store.ClearAsync("g", "n", first));
        Assert.True(await store.ClearAsync("g", "n", second));
        Assert.Null(await store.ReadAsync("g", "n"));
        Assert.True(await store.ClearAsync("g", "n", null));
    }

    [Fact]
    public async Task Of_many_writers_at_once_one_wins()
    {
        var etags = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => store.WriteAsync("g", "n", [(byte)i], null)));
        Assert.Equal((await store.ReadAsync("g", "n"))!.ETag, Assert.Single(etags, etag => etag is not null));
    }
}
