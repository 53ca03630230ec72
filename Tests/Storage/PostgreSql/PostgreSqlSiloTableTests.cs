using System.Globalization;
using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Storage.Contracts;
using Npgsql;

namespace Hearth.Tests.Storage.PostgreSql;

public sealed class PostgreSqlSiloTableTests : SiloTableContract, IAsyncLifetime
{
    private PostgresWorld world = null!;
    private PostgreSqlDatabase database = null!;
    private PostgreSqlSiloTable table = null!;

    protected override ISiloTable Table => table;

    protected override IReadOnlyList<(string Id, SiloRowStatus Status)> All
    {
        get
        {
            using var connection = new NpgsqlConnection(world.ConnectionString + ";Pooling=false");
            connection.Open();
            using var command = new NpgsqlCommand("SELECT id, status FROM hearth.silo", connection);
            using var reader = command.ExecuteReader();
            var rows = new List<(string, SiloRowStatus)>();
            while (reader.Read())
                rows.Add((reader.GetString(0), (SiloRowStatus)reader.GetInt16(1)));
            return rows;
        }
    }

    public async Task InitializeAsync()
    {
        world = await PostgresWorld.NewAsync();
        database = await world.OpenDatabaseAsync();
        table = new PostgreSqlSiloTable(database);
    }

    async Task IAsyncLifetime.DisposeAsync() => await world.DisposeAsync();

    /// <summary>The clock goes by itself; what it has written is moved into the past.</summary>
    protected override void Pass(TimeSpan time) => world.Execute(string.Create(
        CultureInfo.InvariantCulture,
        $"""
        UPDATE hearth.silo SET started_at = started_at - w, renewed_at = renewed_at - w, steady_since = steady_since - w, ended_at = ended_at - w
        FROM (SELECT interval '{time.TotalSeconds} s' AS w) AS p
        """));

    [Fact]
    public async Task A_change_is_told_to_who_listens()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var heard = table.WatchAsync(patience.Token).GetAsyncEnumerator(patience.Token);
        var next = heard.MoveNextAsync().AsTask();
        // LISTEN is under way; whatever comes before it is not heard.
        await Eventually.TrueAsync(() => world.Ask<long>("SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN hearth_silos' AND state = 'idle'") == 1);
        table.Register(Silo("a.1", "a"));
        Assert.True(await next);
        Assert.Equal(table.Read().Version, heard.Current);
    }

    [Fact]
    public void Two_starts_with_one_name_at_once_are_one()
    {
        using var another = new PostgreSqlSiloTable(database);
        for (var i = 0; i < 20; i++)
        {
            var name = FormattableString.Invariant($"n{i}");
            var holders = new SiloHolder?[2];
            Parallel.Invoke(() => holders[0] = table.Register(Silo(name + ".1", name)), () => holders[1] = another.Register(Silo(name + ".2", name)));
            Assert.Single(holders, holder => holder is null);
        }
    }

    [Fact]
    public void Two_who_declare_at_once_declare_once()
    {
        using var another = new PostgreSqlSiloTable(database);
        for (var i = 0; i < 20; i++)
        {
            foreach (var id in new[] { "a", "b", "c" })
                table.Register(Silo(FormattableString.Invariant($"{id}{i}.1"), FormattableString.Invariant($"{id}{i}")));
            Pass(TimeSpan.FromSeconds(6));
            world.Execute("UPDATE hearth.silo SET renewed_at = clock_timestamp() WHERE name LIKE 'a%' OR name LIKE 'b%'");
            var before = table.Read().Version;
            var declared = new bool[2];
            Parallel.Invoke(
                () => declared[0] = table.DeclareDead(FormattableString.Invariant($"c{i}.1"), FormattableString.Invariant($"a{i}.1")),
                () => declared[1] = another.DeclareDead(FormattableString.Invariant($"c{i}.1"), FormattableString.Invariant($"b{i}.1")));
            Assert.Single(declared, true);
            Assert.Equal(before + 1, table.Read().Version);
        }
    }

    [Fact]
    public void A_connection_that_was_lost_is_made_anew()
    {
        table.Register(Silo("a.1", "a"));
        world.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()");
        Assert.NotNull(table.Renew("a.1", default));
    }

    [Fact]
    public void A_table_that_does_not_answer_is_given_up_in_time()
    {
        table.Register(Silo("a.1", "a"));
        using var holder = new NpgsqlConnection(world.ConnectionString + ";Pooling=false");
        holder.Open();
        using var transaction = holder.BeginTransaction();
        using (var lockRow = new NpgsqlCommand("SELECT FROM hearth.silo FOR UPDATE", holder, transaction))
            lockRow.ExecuteNonQuery();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Throws<StoreUnavailableException>(() => table.Renew("a.1", default));
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
        transaction.Rollback();
        Assert.NotNull(table.Renew("a.1", default));
    }
}
