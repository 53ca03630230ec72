using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Npgsql;

namespace Hearth.Tests.Faults;

/// <summary>The client fails in every one of these alike; only the database knows on which side of the commit the cut was.</summary>
public sealed class PostgresProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly TempFolder folder = new();
    private FaultedPostgres postgres = null!;
    private PostgresProxy proxy = null!;
    private RawPostgres direct = null!;
    private RawPostgres through = null!;

    public async Task InitializeAsync()
    {
        if (FaultedPostgres.Programs is null)
            return;
        Command.Must("chmod", "o+x", folder.Path);
        postgres = await FaultedPostgres.CreateAsync(folder["pg"]);
        proxy = PostgresProxy.Start(postgres.Port);
        direct = new(postgres.ConnectionString);
        through = new(FaultedPostgres.ConnectionStringAt(proxy.Port) + ";Max Auto Prepare=10;Auto Prepare Min Usages=2");
        await direct.CreateAsync();
    }

    public async Task DisposeAsync()
    {
        if (postgres is not null)
        {
            await through.DisposeAsync();
            await direct.DisposeAsync();
            await proxy.DisposeAsync();
            await postgres.DisposeAsync();
        }

        folder.Dispose();
    }

    [FaultFact(Need.Postgres)]
    public async Task A_lost_reply_leaves_the_insert_committed()
    {
        var lost = proxy.LoseReply("INSERT INTO job");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => through.InsertAsync("a"));
        await lost.WaitAsync(Soon);
        Assert.Equal(["a"], await direct.IdsAsync());
    }

    [FaultFact(Need.Postgres)]
    public async Task A_lost_request_leaves_nothing()
    {
        var lost = proxy.LoseRequest("INSERT INTO job");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => through.InsertAsync("a"));
        await lost.WaitAsync(Soon);
        Assert.Empty(await direct.IdsAsync());
        await through.InsertAsync("b");
        Assert.Equal(["b"], await direct.IdsAsync());
    }

    [FaultFact(Need.Postgres)]
    public async Task A_pipelined_batch_is_lost_whole_or_committed_whole()
    {
        var lost = proxy.LoseRequest("INSERT INTO job");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => through.InsertBatchAsync("a", "b"));
        await lost.WaitAsync(Soon);
        Assert.Empty(await direct.IdsAsync());

        lost = proxy.LoseReply("INSERT INTO job");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => through.InsertBatchAsync("c", "d"));
        await lost.WaitAsync(Soon);
        Assert.Equal(["c", "d"], await direct.IdsAsync());
    }

    [FaultFact(Need.Postgres)]
    public async Task A_commit_is_cut_on_either_side()
    {
        var lost = proxy.LoseRequest("COMMIT");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => through.InsertInTransactionAsync("a"));
        await lost.WaitAsync(Soon);
        Assert.Empty(await direct.IdsAsync());

        lost = proxy.LoseReply("COMMIT");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => through.InsertInTransactionAsync("b"));
        await lost.WaitAsync(Soon);
        Assert.Equal(["b"], await direct.IdsAsync());
    }

    [FaultFact(Need.Postgres)]
    public async Task A_prepared_statement_is_known_by_its_text_and_calls_can_be_skipped()
    {
        foreach (var id in (string[])["a", "b", "c"])
            await through.InsertAsync(id);
        var lost = proxy.LoseReply("INSERT INTO job", skip: 1);
        await through.InsertAsync("d");
        Assert.False(lost.IsCompleted);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => through.InsertAsync("e"));
        await lost.WaitAsync(Soon);
        Assert.Equal(["a", "b", "c", "d", "e"], await direct.IdsAsync());
    }

    [FaultFact(Need.Postgres)]
    public async Task What_fails_or_stays_open_keeps_its_reply_and_the_loss_waits()
    {
        await through.InsertAsync("a");
        var lost = proxy.LoseReply("INSERT INTO job");
        var error = await Assert.ThrowsAsync<PostgresException>(() => through.InsertAsync("a"));
        Assert.Equal(PostgresErrorCodes.UniqueViolation, error.SqlState);
        await through.InsertInTransactionAsync("b");
        Assert.False(lost.IsCompleted);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => through.InsertAsync("c"));
        await lost.WaitAsync(Soon);
        Assert.Equal(["a", "b", "c"], await direct.IdsAsync());
    }

    [FaultFact(Need.Postgres)]
    public async Task Copy_passes_and_its_reply_can_be_lost()
    {
        var lost = proxy.LoseReply("COPY job");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => CopyAsync("a"));
        await lost.WaitAsync(Soon);
        await CopyAsync("b");
        Assert.Equal(["a", "b"], await direct.IdsAsync());
    }

    private async Task CopyAsync(string id)
    {
        await using var connection = new NpgsqlConnection(FaultedPostgres.ConnectionStringAt(proxy.Port));
        await connection.OpenAsync();
        await using var copy = await connection.BeginBinaryImportAsync("COPY job (id) FROM STDIN (FORMAT BINARY)");
        await copy.WriteRowAsync(CancellationToken.None, id);
        await copy.CompleteAsync();
    }
}
