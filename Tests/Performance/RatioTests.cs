using System.Net.Sockets;
using System.Text;
using Hearth.Bench.Http;
using Hearth.Jobs;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Orleans;
using Xunit.Abstractions;

namespace Hearth.Tests.Performance;

/// <summary>
/// Hearth beside the bare thing in one process, by turns. Bounds are about half of what a quiet machine measures (docs/performance), and the best round
/// counts: what else goes on takes from both, and what became slow is slow in each.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class RatioTests(ITestOutputHelper output)
{
    private const int Rounds = 5;
    private const int Callers = 32;
    private const int BatchRows = 1_000;
    private const int Writers = 4;

    private const string Invoice = """{"i":4711,"kind":"invoice","customer":"Ada","email":"ada@example.com","pad":"0123456789012345678901234567"}""";

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_call_costs_little_more_than_that_of_a_bare_minimal_API()
    {
        await using var bare = await BareApi.StartAsync();
        await using var hearth = await StartedApplication.StartAsync(
            builder => Quiet(builder).AddFunction("invoke", (Invoice invoice) => new Accepted(invoice.I, "accepted"), o => o.Concurrency = 256));
        var (one, other) = (new Uri(bare.Urls.First()), hearth.Http.BaseAddress!);
        await CompareAsync(
            0.4, () => ByAllAsync(Callers, until => CallAsync(one, "/invoke", until)), () => ByAllAsync(Callers, until => CallAsync(other, "/v1/functions/invoke/call", until)));
    }

    [PostgresFact]
    public async Task Jobs_are_stored_nearly_as_fast_as_bare_rows()
    {
        var database = PostgresServer.Shared.NewDatabase();
        await using var hearth = await StartedApplication.StartAsync(
            builder =>
            {
                Quiet(builder).AddFunction("invoke", (Invoice invoice) => new Accepted(invoice.I, "accepted"));
                for (var n = 0; n < Writers; n++)
                    builder.AddQueue($"q{n}", queue => queue.Paused = true);
            },
            "--database", database);
        PostgresServer.Execute(database, "CREATE TABLE public.bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, queue text NOT NULL, payload jsonb NOT NULL)");
        var grains = hearth.Web.Services.GetRequiredService<IGrainFactory>();
        var next = 0;
        await CompareAsync(
            0.25,
            () => ByAllAsync(Writers, until => InsertAsync(database, until)),
            () => ByAllAsync(Writers, until => SubmitAsync(grains.GetGrain<IShardGrain>(ShardKey.Of($"q{Interlocked.Increment(ref next) % Writers}")), until)));
    }

    private static HearthApplicationBuilder Quiet(HearthApplicationBuilder builder)
    {
        builder.Services.AddLogging(logging => logging.AddFilter("Hearth", LogLevel.Error));
        return builder;
    }

    private async Task CompareAsync(double ratioMin, Func<Task<long>> bare, Func<Task<long>> hearth)
    {
        // The first turn compiles the code.
        await bare();
        await hearth();
        var best = 0.0;
        for (var round = 0; round < Rounds; round++)
        {
            var (a, b) = (await bare(), await hearth());
            output.WriteLine($"bare {a}, Hearth {b}: {(double)b / a:0.00}");
            best = Math.Max(best, (double)b / a);
        }

        Assert.True(best >= ratioMin, $"{best:0.00} of the bare thing, and {ratioMin} is the least");
    }

    /// <summary>What all did in one turn.</summary>
    private static async Task<long> ByAllAsync(int count, Func<Func<bool>, Task<long>> work)
    {
        var since = TimeProvider.System.GetTimestamp();
        return (await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(() => work(() => TimeProvider.System.GetElapsedTime(since) < Turn))))).Sum();
    }

    private static async Task<long> CallAsync(Uri server, string path, Func<bool> isTime)
    {
        var request = Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Invoice.Length}\r\n\r\n{Invoice}");
        var answer = new byte[4_096];
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(server.Host, server.Port);
        var stream = client.GetStream();
        var calls = 0L;
        for (; isTime(); calls++)
        {
            await stream.WriteAsync(request);
            var read = 0;
            while (!IsWhole(answer.AsSpan(0, read)))
                read += await stream.ReadAsync(answer.AsMemory(read)) is > 0 and var some ? some : throw new IOException("The server hung up.");
            Assert.True(answer.AsSpan(0, read).StartsWith("HTTP/1.1 200"u8), Encoding.ASCII.GetString(answer, 0, read));
        }

        return calls;
    }

    /// <summary>The end of a JSON object, or of the last chunk.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> answer) => answer.EndsWith("}"u8) || answer.EndsWith("\r\n0\r\n\r\n"u8);

    private static async Task<long> InsertAsync(string database, Func<bool> isTime)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var insert = new NpgsqlCommand("INSERT INTO public.bare (queue, payload) SELECT q, p FROM unnest($1::text[], $2::jsonb[]) AS t (q, p)", connection);
        insert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. Enumerable.Repeat("bench", BatchRows)] });
        insert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. Enumerable.Repeat(Invoice, BatchRows)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb });
        await insert.PrepareAsync();
        var rows = 0L;
        for (; isTime(); rows += BatchRows)
            await insert.ExecuteNonQueryAsync();
        return rows;
    }

    private static async Task<long> SubmitAsync(IShardGrain shard, Func<bool> isTime)
    {
        var input = Encoding.UTF8.GetBytes(Invoice);
        var rows = 0L;
        for (; isTime(); rows += BatchRows)
            Assert.Equal(SubmitOutcome.Accepted, (await shard.SubmitManyAsync([.. Enumerable.Range(0, BatchRows).Select(_ => new JobSpec("invoke", "", input))])).Outcome);
        return rows;
    }
}
