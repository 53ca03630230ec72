using Hearth.Tests.Support.Faults;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Hearth.Tests.Faults;

/// <summary>A full disk refuses and loses nothing, for both stores by themselves.</summary>
[Collection(FaultSuite.Name)]
[Trait(FaultSuite.Trait, FaultSuite.Long)]
public sealed class FullDiskTests
{
    [FaultFact(Need.Disk)]
    public async Task Sqlite_refuses_and_works_again()
    {
        await using var disk = FaultDisk.Mount(mebibytes: 64);
        using var store = new RawSqlite(disk["store.db"], "FULL");
        List<string> accepted = [await store.InsertAsync("before")];
        disk.Fill();
        var refusal = await Assert.ThrowsAsync<SqliteException>(async () =>
        {
            for (var n = 0; n < 10_000; n++)
                accepted.Add(await store.InsertAsync($"full {n}"));
        });
        Assert.Contains("full", refusal.Message, StringComparison.Ordinal);

        disk.Free();
        accepted.Add(await store.InsertAsync("after"));
        Assert.Equal(accepted.Order(), store.Ids().Order());
        Assert.Equal("ok", store.Check());
    }

    [FaultFact(Need.Disk | Need.Postgres)]
    public async Task Postgres_refuses_and_works_again()
    {
        await using var disk = FaultDisk.Mount(mebibytes: 256);
        await using var postgres = await FaultedPostgres.CreateAsync(disk["pg"]);
        await using var store = new RawPostgres(postgres.ConnectionString);
        await store.CreateAsync();
        List<string> accepted = [await store.InsertAsync("before")];
        disk.Fill();
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () =>
        {
            for (var n = 0; n < 1_000_000; n++)
                accepted.Add(await store.InsertAsync($"full {n} {new string('x', 2_000)}"));
        });

        disk.Free();
        await postgres.KillAsync();
        await postgres.StartAsync();
        await using var after = new RawPostgres(postgres.ConnectionString);
        accepted.Add(await after.InsertAsync("after"));
        Assert.Empty(accepted.Except(await after.IdsAsync()));
    }
}
