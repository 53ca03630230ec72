using Hearth.Storage;
using Hearth.Storage.Sqlite;
using Hearth.Tests.Storage.Contracts;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.Sqlite;

public sealed class SqliteGrainStateStoreTests : GrainStateStoreContract
{
    private readonly TempFolder folder = new();
    private SqliteDatabase database = null!;

    [Fact]
    public async Task State_of_a_file_of_the_first_version_is_kept()
    {
        var path = folder["old.db"];
        using (var old = SqliteSession.Open(path, TimeSpan.FromSeconds(5)))
        {
            var script = SqliteMigrations.Script();
            old.Execute(script[..(script.IndexOf("COMMIT;", StringComparison.Ordinal) + 7)]);
            old.Execute("INSERT INTO grain_state (grain, name, payload, etag) VALUES ('queue/a', 'state', x'7B7D', 'e')");
        }

        await using var opened = SqliteDatabase.Open(path);
        var store = new SqliteGrainStateStore(opened, TimeProvider.System);
        var row = (await store.ReadAsync("queue/a", "state"))!;
        Assert.Equal(("e", "{}"), (row.ETag, System.Text.Encoding.UTF8.GetString(row.Payload)));
        var head = Assert.Single(await store.ListAsync("state", "queue/", null, 10, CancellationToken.None));
        Assert.InRange(head.UpdatedAt, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(5));
        Assert.NotNull(await store.WriteAsync("queue/a", "state", [1], "e"));
    }

    protected override Task<IGrainStateStore> OpenAsync()
    {
        database = SqliteDatabase.Open(folder["state.db"]);
        return Task.FromResult<IGrainStateStore>(new SqliteGrainStateStore(database, TimeProvider.System));
    }

    protected override async Task CloseAsync()
    {
        await database.DisposeAsync();
        folder.Dispose();
    }
}
