using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Hearth.Bench.Http;
using Hearth.Bench.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Hearth.Bench.Peers;

/// <summary>What the database itself reaches with a bare table: an identity, a name, the payload.</summary>
internal static partial class References
{
    private const string Table =
        """
        CREATE TABLE reference (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, queue text NOT NULL, payload jsonb NOT NULL, state smallint NOT NULL DEFAULT 0,
          created_at timestamptz NOT NULL DEFAULT now())
        """;

    private const int BatchRows = 1_000;
    private const int Connections = 4;

    public static IEnumerable<Lane> On(PostgresBenchStore store, int seconds) =>
    [
        new("A", "pgbench: a row and a commit each, 64 clients", Role.Reference, 0, [new("prepared", _ => CommitsAsync(store, seconds))]),
        new("B", "bare rows, unnest of 1,000, 4 connections", Role.Reference, 0, [new("Npgsql", _ => InsertsAsync(store, seconds))]),
    ];

    private static async Task<Sample> CommitsAsync(PostgresBenchStore store, int seconds)
    {
        await MakeTableAsync(store);
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["insert.sql"], $"INSERT INTO reference (queue, payload) VALUES ('bench', '{Wrk.Invoice}');\n");
        var place = new NpgsqlConnectionStringBuilder(store.ConnectionString);
        var text = await Child.OutputAsync(
            TimeSpan.FromMinutes(2), null, PgBench(), "-h", place.Host!, "-p", place.Port.ToString(CultureInfo.InvariantCulture), "-U", place.Username!, "-n", "-M", "prepared",
            "-c", "64", "-j", "2", "-T", seconds.ToString(CultureInfo.InvariantCulture), "-f", folder["insert.sql"], place.Database!);
        return new Sample(double.Parse(Rate().Match(text).Groups["rate"].ValueSpan, CultureInfo.InvariantCulture));
    }

    private static async Task<Sample> InsertsAsync(PostgresBenchStore store, int seconds)
    {
        await MakeTableAsync(store);
        await InsertAsync(store, TimeSpan.FromSeconds(1));
        var started = Stopwatch.GetTimestamp();
        var rows = await InsertAsync(store, TimeSpan.FromSeconds(seconds));
        return new Sample(rows / Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static async Task<long> InsertAsync(PostgresBenchStore store, TimeSpan time)
    {
        var (queues, payloads) = (Enumerable.Repeat("bench", BatchRows).ToArray(), Enumerable.Repeat(Wrk.Invoice, BatchRows).ToArray());
        var started = Stopwatch.GetTimestamp();
        var rows = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            await using var connection = await store.ConnectAsync();
            await using var insert = new NpgsqlCommand(
                "INSERT INTO reference (queue, payload) SELECT q, p FROM unnest($1::text[], $2::jsonb[]) AS t (q, p)", connection);
            insert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = queues });
            insert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = payloads, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb });
            await insert.PrepareAsync();
            var count = 0L;
            for (; Stopwatch.GetElapsedTime(started) < time; count += BatchRows)
                await insert.ExecuteNonQueryAsync();
            return count;
        })));
        return rows.Sum();
    }

    private static async Task MakeTableAsync(PostgresBenchStore store)
    {
        await store.ResetAsync();
        await using var connection = await store.ConnectAsync();
        await PostgresBenchStore.ExecuteAsync(connection, Table);
        await PostgresBenchStore.ExecuteAsync(connection, "CHECKPOINT");
    }

    private static string PgBench() => PostgresCluster.Program("pgbench") is var path && File.Exists(path)
        ? path
        : throw new InvalidOperationException("pgbench is not installed (Debian: apt-get install postgresql)");

    [GeneratedRegex(@"tps = (?<rate>[\d.]+)", RegexOptions.NonBacktracking)]
    private static partial Regex Rate();
}
