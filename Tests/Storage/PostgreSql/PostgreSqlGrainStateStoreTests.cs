using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Storage.Contracts;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.PostgreSql;

public sealed class PostgreSqlGrainStateStoreTests : GrainStateStoreContract
{
    private PostgresWorld world = null!;

    [PostgresFact]
    public async Task Sessions_that_were_ended_while_idle_are_not_noticed_by_readers()
    {
        var store = new PostgreSqlGrainStateStore(await world.OpenDatabaseAsync("silo-y"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.ReadAsync("g", "n")));

        world.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'silo-y'");

        var etag = await store.WriteAsync("g", "n", [1], null);
        Assert.Equal(etag, (await store.ReadAsync("g", "n"))!.ETag);
    }

    [PostgresFact]
    public async Task A_write_during_which_the_session_is_ended_may_have_been_stored()
    {
        var store = new PostgreSqlGrainStateStore(await world.OpenDatabaseAsync("silo-z"));
        var etag = await store.WriteAsync("g", "n", [1], null);
        // Ends whoever writes, once its row is written, and each of its tries.
        world.Execute(
            """
            CREATE FUNCTION public.end_session() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
            $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
            CREATE TRIGGER ends AFTER UPDATE ON hearth.grain_state FOR EACH ROW EXECUTE FUNCTION public.end_session()
            """);
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => store.WriteAsync("g", "n", [2], etag));
    }

    [PostgresFact]
    public async Task The_order_is_that_of_bytes_whatever_the_databases_language_is()
    {
        await using var other = PostgresWorld.Empty();
        var name = other.Ask<string>("SELECT current_database()") + "_icu";
        other.Execute($"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'");
        other.ConnectionString = PostgresServer.Shared.ConnectionString(name);
        var store = new PostgreSqlGrainStateStore(await other.OpenDatabaseAsync());
        foreach (var key in new[] { "b", "A", "a", "B", "Z", "_" })
            await store.WriteAsync("kind/" + key, "n", [1], null);
        Assert.Equal(["A", "B", "Z", "_", "a", "b"], (await store.ListAsync("n", "kind/", null, 10, default)).Select(h => h.Grain[5..]));
        Assert.Equal(["_", "a"], (await store.ListAsync("n", "kind/", "kind/Z", 2, default)).Select(h => h.Grain[5..]));
    }

    protected override async Task<IGrainStateStore> OpenAsync()
    {
        world = await PostgresWorld.NewAsync();
        return new PostgreSqlGrainStateStore(await world.OpenDatabaseAsync());
    }

    protected override async Task CloseAsync() => await world.DisposeAsync();
}
