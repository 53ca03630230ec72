using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hearth.Tests.Docs;
using Hearth.Tests.Storage.PostgreSql;
using Hearth.Tests.Support;
using Xunit.Abstractions;

namespace Hearth.Tests.Faults;

/// <summary>docs/mails.md, followed to the letter, while silos are killed: a server with limits, and many mails.</summary>
[Collection(FaultSuite.Name)]
public sealed class MailTests(ITestOutputHelper output)
{
    private const int PerSecondMax = 50;
    private const int ConnectionsMax = 8;
    private static readonly string[] Names = ["a", "b"];

    [PostgresFact]
    public Task Five_hundred_mails_and_two_kills() => SendAsync(mails: 500, kills: 2);

    [PostgresFact]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public Task Fifteen_thousand_mails_and_fifteen_kills() => SendAsync(mails: 15_000, kills: 15);

    private async Task SendAsync(int mails, int kills)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(120 + (mails / 10)));
        var (over, since) = (0, TimeProvider.System.GetTimestamp());
        using var server = new SmtpServer { ConnectionsMax = ConnectionsMax };
        var window = new Queue<DateTimeOffset>();
        server.Judge = _ => MayTake(window) || Interlocked.Increment(ref over) == 0 ? null : "451 4.7.1 more than 50 a second";
        using var folder = new TempFolder();
        await using var world = await PostgresWorld.NewAsync();
        var silos = (await Task.WhenAll(Names.Select(StartAsync))).ToArray();
        try
        {
            await ReferenceRun.FollowAsync("docs/mails.md", silos[0], command => command.Replace("15000", $"{mails}", StringComparison.Ordinal));
            for (var kill = 0; kill < kills; kill++)
            {
                // Spread over the mails, and never when all are through.
                while (server.Mails.Count < (kill + 1) * mails / (kills + 2))
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
                await silos[kill % 2].KillAsync();
                await silos[kill % 2].DisposeAsync();
                silos[kill % 2] = await StartAsync(Names[kill % 2]);
            }

            while (await OpenAsync(silos[0]) > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, late.Token);
            Judge(server, mails, kills, over, TimeProvider.System.GetElapsedTime(since));
            Assert.Equal(mails, world.Ask<long>("SELECT count(*) FROM hearth.job_end WHERE state = 5"));
        }
        finally
        {
            foreach (var silo in silos)
                await silo.DisposeAsync();
        }

        Task<SiloProcess> StartAsync(string name) => SiloProcess.StartAssemblyAsync(SiloProcess.Shipped, folder[name], Settings(server), "--name", name, "--database", world.ConnectionString);
    }

    private static Dictionary<string, string> Settings(SmtpServer server) => new(StringComparer.Ordinal)
    {
        ["Hearth__Email__Host"] = "127.0.0.1",
        ["Hearth__Email__Port"] = server.Port.ToString(CultureInfo.InvariantCulture),
        ["Hearth__Email__Tls"] = "false",
        ["Hearth__Email__From"] = "Shop <shop@example.com>",
        ["Hearth__Email__Connections"] = $"{ConnectionsMax / Names.Length}",
    };

    private static bool MayTake(Queue<DateTimeOffset> window)
    {
        lock (window)
        {
            var now = TimeProvider.System.GetUtcNow();
            while (window.TryPeek(out var first) && now - first >= TimeSpan.FromSeconds(1))
                window.Dequeue();
            if (window.Count == PerSecondMax)
                return false;
            window.Enqueue(now);
            return true;
        }
    }

    /// <summary>Open jobs, as one silo sees them, which may just have to wait for the other's shard.</summary>
    private static async Task<int> OpenAsync(SiloProcess silo)
    {
        using var http = silo.CreateClient();
        var open = -1;
        await Cluster.SiloGroup.EventuallyAsync(
            async () =>
            {
                var answer = await http.FetchAsync("/v1/queues/mail");
                // Null while a shard is being taken over.
                open = answer.Status == 200 && answer.Json.GetProperty("open") is { ValueKind: JsonValueKind.Number } known ? known.GetInt32() : -1;
                return open >= 0;
            },
            "the queue's depth is told");
        return open;
    }

    private void Judge(SmtpServer server, int mails, int kills, int over, TimeSpan took)
    {
        var sent = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        foreach (var mail in server.Mails)
            sent.AddOrUpdate(Regex.Match(mail, "(?<=^To: .*)customer[0-9]+(?=@)", RegexOptions.Multiline, TimeSpan.FromSeconds(5)).Value, 1, (_, times) => times + 1);
        var again = server.Mails.Count - sent.Count;
        output.WriteLine(
            $"{server.Mails.Count} mails of {mails} to {sent.Count} customers in {took.TotalSeconds:0} s, {kills} kills: {again} sent again, {over} refused as too fast, {server.ConnectionsPeak} connections at most");
        Assert.Equal(mails, sent.Count);
        // The same Message-ID tells a mail that was sent again, and only what was in hand can be.
        Assert.Equal(mails, server.Mails.Select(mail => Regex.Match(mail, "^Message-ID: .*$", RegexOptions.Multiline | RegexOptions.IgnoreCase, TimeSpan.FromSeconds(5)).Value).Distinct(StringComparer.Ordinal).Count());
        Assert.InRange(again, 0, kills * ConnectionsMax);
        Assert.InRange(server.ConnectionsPeak, 1, ConnectionsMax);
        // Eight more than 48 may come together after a pause.
        Assert.InRange(over, 0, mails / 10);
    }
}
