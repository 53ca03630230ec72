using Microsoft.Data.Sqlite;

namespace Hearth.Functions.BuiltIn;

/// <param name="Name">Who signs; 1 to 100 characters.</param>
public sealed record GuestbookInput(string Name);

/// <param name="Name">Who signed.</param>
/// <param name="Visits">How often this name has signed, this time included.</param>
/// <param name="LastVisit">The time before; null on the first.</param>
public sealed record GuestbookOutput(string Name, long Visits, DateTimeOffset? LastVisit);

/// <summary>Reads and writes a table through a named connection, as a class with injected services.</summary>
internal sealed class Guestbook(TimeProvider clock) : IFunction<GuestbookInput, GuestbookOutput>
{
    // Connections of functions are theirs: they share nothing with the store's own SQLite.
    static Guestbook() => SQLitePCL.Batteries_V2.Init();

    public async Task<GuestbookOutput> RunAsync(GuestbookInput input, FunctionContext context, CancellationToken cancellationToken)
    {
        if (input.Name.Length is 0 or > 100)
            throw new FunctionException("name must have 1 to 100 characters.");
        await using var connection = new SqliteConnection(context.Connection("demo"));
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        // One transaction: the visit before is read, and this one counted, by nobody else in between.
        command.CommandText = """
            CREATE TABLE IF NOT EXISTS guest (name TEXT PRIMARY KEY, visits INTEGER NOT NULL, last_visit INTEGER NOT NULL, previous INTEGER);
            INSERT INTO guest VALUES ($name, 1, $now, NULL)
            ON CONFLICT (name) DO UPDATE SET visits = visits + 1, previous = last_visit, last_visit = $now
            RETURNING visits, previous
            """;
        command.Parameters.AddWithValue("$name", input.Name);
        command.Parameters.AddWithValue("$now", clock.GetUtcNow().ToUnixTimeMilliseconds());
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        DateTimeOffset? previous = row.IsDBNull(1) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1));
        return new GuestbookOutput(input.Name, row.GetInt64(0), previous);
    }
}
