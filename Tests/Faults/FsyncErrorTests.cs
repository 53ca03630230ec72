using Hearth.Tests.Support;
using Hearth.Tests.Support.Faults;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

[Collection(FaultSuite.Name)]
[Trait(FaultSuite.Trait, FaultSuite.Long)]
public sealed class FsyncErrorTests(ITestOutputHelper output)
{
    [FaultFact(Need.Compiler)]
    public void Fsync_fails_only_between_start_and_stop_and_only_for_the_path()
    {
        using var folder = new TempFolder();
        using var error = FsyncError.Build(onlyPath: "/bad");
        Assert.True(Syncs(error, folder["bad"]));

        error.Start();
        Assert.False(Syncs(error, folder["bad"]));
        Assert.True(Syncs(error, folder["good"]));
        Assert.Equal([folder["bad"]], error.Failures);

        error.Stop();
        Assert.True(Syncs(error, folder["bad"]));
    }

    [FaultFact(Need.Postgres | Need.Compiler)]
    public async Task Postgres_acknowledges_nothing_that_it_could_not_sync()
    {
        using var folder = new TempFolder();
        // The server runs as another user.
        Command.Must("chmod", "o+x", folder.Path);
        using var error = FsyncError.Build(onlyPath: "/pg_wal/");
        await using var postgres = await FaultedPostgres.CreateAsync(folder["pg"], error.Environment);
        await using var store = new RawPostgres(postgres.ConnectionString);
        await store.CreateAsync();
        using var history = new ClientHistory(folder["history"]);
        await using (var load = Load.Start(history, clients: 4, store.InsertAsync))
        {
            await load.ReachesAsync(1_000, TimeSpan.FromSeconds(30));
            error.Start();
            // It panics, and again in each recovery that it tries.
            await postgres.LogsAsync("PANIC:  could not fdatasync file", within: TimeSpan.FromSeconds(30));
            Assert.NotEmpty(error.Failures);
            error.Stop();
        }

        await postgres.KillAsync();
        await postgres.StartAsync();
        await using var after = new RawPostgres(postgres.ConnectionString);
        var ids = await after.IdsAsync();
        var verdict = Judge.Of(ClientHistory.Read(folder["history"]), effects: null, new([.. ids.Select(id => new StoredJob(id, id))]));
        output.WriteLine($"{verdict}, stored though not acknowledged {ids.Count - verdict.Acknowledged}");
        verdict.Holds();
    }

    private static bool Syncs(FsyncError error, string path)
    {
        var environment = error.Environment.Select(v => $"{v.Key}={v.Value}");
        var (code, text) = Command.Run("env", [.. environment, "dd", "if=/dev/zero", "of=" + path, "bs=1", "count=1", "conv=fsync"]);
        Assert.True(code == 0 || text.Contains("Input/output error", StringComparison.Ordinal), text);
        return code == 0;
    }
}
