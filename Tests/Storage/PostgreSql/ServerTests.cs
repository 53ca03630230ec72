using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>Which servers are refused, and with which sentence.</summary>
public sealed class ServerTests
{
    [PostgresFact]
    public async Task Server_that_loses_what_it_acknowledges_is_refused_unless_allowed()
    {
        using var server = new PostgresServer("fsync = off");
        await using var world = PostgresWorld.Empty(server);

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => world.OpenAsync());

        Assert.Contains("fsync=off", refused.Message);
        Assert.Contains("Set fsync to on", refused.Message);
        Assert.NotNull(await world.OpenAsync(options: new PostgreSqlOptions { AllowUnsafe = true }));
    }

    [PostgresTheory]
    [InlineData("off")]
    [InlineData("local")]
    public async Task Role_that_does_not_wait_for_the_disk_is_refused(string value)
    {
        await using var world = await PostgresWorld.NewAsync();
        world.ConnectionString += $";Options=-c synchronous_commit={value}";

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => world.OpenAsync());

        Assert.Contains("synchronous_commit=" + value, refused.Message);
    }

    [PostgresFact]
    public async Task Server_that_is_not_there_is_told_in_a_sentence_without_the_password()
    {
        var nowhere = $"Host=127.0.0.1;Port={PostgresServer.FreePort()};Username=me;Password=s3cret;Database=d";

        var missing = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(nowhere));
        var malformed = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync("Host=h;Password=a;s3cret=b"));

        Assert.Contains("cannot be reached", missing.Message);
        Assert.DoesNotContain("s3cret", missing.ToString());
        Assert.DoesNotContain("s3cret", malformed.ToString());
    }

    [PostgresFact]
    public async Task Of_several_hosts_the_one_that_can_be_written_is_used()
    {
        await using var world = await PostgresWorld.NewAsync();
        world.ConnectionString = world.ConnectionString.Replace("Host=127.0.0.1;", $"Host=127.0.0.1:{PostgresServer.FreePort()},127.0.0.1:{PostgresServer.Shared.Port};");

        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();

        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1))));
    }

    [PostgresFact]
    public async Task Clock_is_the_databases_and_is_kept_fresh_without_traffic()
    {
        await using var world = await PostgresWorld.NewAsync();
        var clock = new ManualTimeProvider();
        await using var database = await PostgreSqlDatabase.OpenAsync(world.ConnectionString, clock, NullLogger.Instance);
        await using var store = new PostgreSqlJobStore(database);
        var real = TimeProvider.System.GetUtcNow();
        Assert.InRange(store.Now, real.AddSeconds(-5), real.AddSeconds(5));

        var before = store.Now;
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.InRange(store.Now - before, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10.1));

        // The heartbeats say that the database's clock has not moved as much: it waits there, and never goes back.
        var last = store.Now;
        await Eventually.TrueAsync(() =>
        {
            var now = store.Now;
            Assert.True(now >= last);
            last = now;
            clock.Advance(TimeSpan.FromSeconds(3));
            return store.Now == last;
        });
    }

    private static Task<PostgreSqlDatabase> OpenAsync(string connectionString) =>
        PostgreSqlDatabase.OpenAsync(connectionString, TimeProvider.System, NullLogger.Instance);
}
