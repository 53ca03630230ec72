using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.PostgreSql.Writing;
using Hearth.Tests.Support;
using Npgsql;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>Notes change in place, which those who ask whether a lost commit has arrived must not mistake.</summary>
public sealed class NoteTests
{
    [PostgresFact]
    public async Task A_note_that_was_there_before_is_not_taken_for_the_one_whose_commit_is_in_doubt()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var job = PostgresWorld.Jobs(claim, 1)[0];
        var first = Write(claim, job.Id, 1, store.Now, "first");
        var second = Write(claim, job.Id, 1, store.Now.AddMilliseconds(1), "second");
        var next = Write(claim, job.Id, 2, store.Now.AddMilliseconds(-1), "of the next attempt");
        await store.WriteAsync(claim.Write([job]));
        await store.WriteAsync(first);
        Assert.Equal((true, false), (await IsThereAsync(world, first), await IsThereAsync(world, second)));
        await store.WriteAsync(second);
        // The first was written, and is what the second has replaced.
        Assert.Equal((true, true, false), (await IsThereAsync(world, first), await IsThereAsync(world, second), await IsThereAsync(world, next)));
        await store.WriteAsync(next);
        Assert.Equal((true, true), (await IsThereAsync(world, second), await IsThereAsync(world, next)));
    }

    [PostgresFact]
    public async Task Whoever_might_insert_notes_before_may_change_them_now()
    {
        await using var world = await PostgresWorld.NewAsync();
        var role = "notes_" + world.Ask<string>("SELECT current_database()");
        world.Execute($"CREATE ROLE {role}");
        world.Execute($"GRANT INSERT ON hearth.job_note TO {role}");
        world.Execute(await File.ReadAllTextAsync(Path.Combine(Repository.Folder, "Storage", "PostgreSql", "Migrations", "0005_notes.sql")));
        Assert.True(world.Ask<bool>($"SELECT has_table_privilege('{role}', 'hearth.job_note', 'UPDATE')"));
        Assert.False(world.Ask<bool>($"SELECT has_table_privilege('{role}', 'hearth.job', 'UPDATE')"));
    }

    private static ShardWrite Write(ShardClaim claim, JobId id, int attempt, DateTimeOffset at, string text) =>
        new(claim.Number, claim.Epoch) { Notes = new[] { new JobNoteRow(id, 1, NoteKind.Detail, attempt, at, text) } };

    private static async Task<bool> IsThereAsync(PostgresWorld world, ShardWrite write)
    {
        await using var connection = new NpgsqlConnection(world.ConnectionString);
        await connection.OpenAsync();
        return await StoredRows.AreAllThereAsync(connection, write);
    }
}
