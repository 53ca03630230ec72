using Npgsql;

namespace Hearth.Tests.Support.Faults;

/// <summary>A PostgreSQL server of the test's own.</summary>
internal sealed class TestedPostgres(FaultedPostgres server, string data, params IReadOnlyList<string> more) : TestedStore
{
    private readonly FaultedPostgres first = server;
    private FaultedPostgres? promoted;

    /// <summary>A new server and a silo's data in a folder.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="host">An address that it listens on beside the loopback, for silos in namespaces.</param>
    public static async Task<TestedPostgres> CreateAsync(TempFolder folder, string? host = null)
    {
        Command.Must("chmod", "o+x", folder.Path);
        if (host is null)
            return new TestedPostgres(await FaultedPostgres.CreateAsync(folder["pg"]), folder["data"]);
        await File.WriteAllTextAsync(folder["hba"], "host all all all trust\n");
        return new TestedPostgres(
            await FaultedPostgres.CreateAsync(folder["pg"], settings: ["listen_addresses=127.0.0.1," + host, "hba_file=" + folder["hba"]]), folder["data"])
        {
            Host = host,
        };
    }

    /// <summary>A primary and a standby that streams from it.</summary>
    public static async Task<TestedPostgres> CreateWithStandbyAsync(TempFolder folder, bool isSynchronous)
    {
        Command.Must("chmod", "o+x", folder.Path);
        var primary = await FaultedPostgres.CreateAsync(folder["pg"]);
        var link = TcpProxy.Start(primary.Port);
        var standby = await FaultedPostgres.CreateStandbyAsync(primary, link.Port, folder["standby"]);
        var store = new TestedPostgres(primary, folder["data"]) { Standby = standby, Link = link };
        if (isSynchronous)
        {
            await store.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = '*'");
            await store.ExecuteAsync("SELECT pg_reload_conf()");
        }

        var wanted = isSynchronous ? "sync" : "async";
        var clock = TimeProvider.System;
        for (var start = clock.GetTimestamp();
            !(await store.ReadAsync("SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'", row => row.GetString(0))).Contains(wanted);
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock))
        {
            if (clock.GetElapsedTime(start) > TimeSpan.FromSeconds(30))
                Assert.Fail($"The standby does not stream ({wanted}): {standby.Log}");
        }

        return store;
    }

    public override string Name => "PostgreSQL";

    public override string Data => data;

    /// <summary>The one that is written.</summary>
    public FaultedPostgres Server => promoted ?? first;

    /// <summary>Silos are told of it, too; <see cref="FailOverAsync"/> makes it the server.</summary>
    public FaultedPostgres? Standby { get; init; }

    /// <summary>The standby hears the primary through it.</summary>
    public TcpProxy? Link { get; init; }

    /// <summary>Where the silo finds it; another address than the loopback's for silos in namespaces.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Where the silo finds it; that of a proxy to stand between.</summary>
    public int Port { get; set; } = server.Port;

    public override IReadOnlyList<string> Arguments => ["--database", ConnectionString, .. more];

    public override Task KillAsync() => Server.KillAsync();

    public override Task StartAsync() => Server.IsRunning ? Task.CompletedTask : Server.StartAsync();

    /// <summary>The primary is lost with its data, and what was on the way to the standby, too; the standby is promoted and serves alone.</summary>
    public async Task FailOverAsync()
    {
        await first.DestroyAsync();
        Link!.Refuse();
        promoted = Standby ?? throw new InvalidOperationException("There is no standby.");
        for (var tries = 0; tries < 500; tries++)
        {
            if (await IsPromotedAsync())
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        Assert.Fail("The standby is still one: " + Server.Log);
    }

    public override async Task<(long Jobs, long Ends)> CountAsync() => (await ReadAsync(
        "SELECT (SELECT count(*) FROM hearth.job), (SELECT count(*) FROM hearth.job_end)", row => (row.GetInt64(0), row.GetInt64(1)))).Single();

    public override async Task<StoreDump> DumpAsync() => new(
        await ReadAsync("SELECT id, input FROM hearth.job", row => new StoredJob(Id(row), KeyIn(row.GetFieldValue<byte[]>(1)))),
        await ReadAsync(
            "SELECT id, state, result, error FROM hearth.job_end",
            row => new StoredEnd(
                Id(row), EndText(StateName(row.GetInt16(1)), row.GetFieldValue<byte[]>(2), row.IsDBNull(3) ? null : row.GetString(3)))));

    public override async ValueTask DisposeAsync()
    {
        if (Link is not null)
            await Link.DisposeAsync();
        await first.DisposeAsync();
        if (Standby is not null)
            await Standby.DisposeAsync();
    }

    /// <summary>Straight to the server, past any proxy.</summary>
    public async Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var connection = new NpgsqlConnection(Server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }

    public Task ExecuteAsync(string sql) => ReadAsync(sql, _ => 0);

    private string ConnectionString => Standby is null
        ? FaultedPostgres.ConnectionStringAt(Port, Host)
        : FaultedPostgres.ConnectionStringAt(Port, $"127.0.0.1:{Port},127.0.0.1:{Standby.Port}");

    private async Task<bool> IsPromotedAsync()
    {
        try
        {
            return (await ReadAsync("SELECT CASE WHEN pg_is_in_recovery() THEN NOT pg_promote(wait => false) ELSE true END", row => row.GetBoolean(0))).Single();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.SerializationFailure)
        {
            return false; // it got in the way of what the standby still replays
        }
    }

    private static string Id(NpgsqlDataReader row) => row.GetGuid(0).ToString("N");
}
