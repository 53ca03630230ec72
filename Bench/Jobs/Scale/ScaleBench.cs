using System.Globalization;
using Hearth.Queues;

namespace Hearth.Bench.Jobs;

/// <summary>What must not hurt: open jobs, ended jobs, queues, transactions of others, limits, tenants.</summary>
internal static class ScaleBench
{
    public const string Help =
        """
        jobs-scale [--store sqlite,postgres] [--rows memory,recovery,ended,transaction,queues,parked,limits,customers,keys,fair] [--quick] [--postgres CONNECTION]
                           memory, recovery, phase D on stores that are not empty and with limits beside without, and small tenants beside a large one
        """;

    private const int Rounds = 3;
    private const int ManyQueues = 1_000;

    private static readonly QueueLimits Wide = new()
    {
        Rates = [new RateLimit(1_000_000, TimeSpan.FromSeconds(1)), new RateLimit(1_000_000, TimeSpan.FromSeconds(1), Burst: 1_000_000)],
        Concurrency = 100_000, ConcurrencyPerSilo = 100_000,
    };

    public static async Task<int> RunAsync(string[] args)
    {
        if (JobBenchOptions.Parse(args) is not { } options)
        {
            System.Console.Error.WriteLine(Help);
            return 2;
        }

        foreach (var name in options.Stores)
        {
            await using var store = await JobBench.OpenAsync(name, options.Postgres);
            System.Console.WriteLine($"\n## {name}");
            foreach (var row in options.Rows)
                await RunAsync(row, store, options.IsQuick);
        }

        return 0;
    }

    private static Task RunAsync(string row, BenchStore store, bool isQuick)
    {
        var open = isQuick ? 50_000 : 1_000_000;
        return row switch
        {
            "memory" => MemoryAsync(store, open),
            "recovery" => RecoveryAsync(store, open),
            "ended" => FlowAsync(store, isQuick, "ended jobs stored", other => other.FillEndedAsync(isQuick ? 200_000 : 10_000_000)),
            "transaction" when store is PostgresBenchStore => FlowAsync(
                store, isQuick, "a transaction left open", other => ((PostgresBenchStore)other).HoldTransactionAsync()),
            "queues" => FlowAsync(store, isQuick, $"{ManyQueues} queues", queues: ManyQueues),
            "parked" => FlowAsync(store, isQuick, "jobs parked", other => SiloProcess.RunAsync(other, "parked", open)),
            "limits" => FlowAsync(store, isQuick, "limits that do not bind", limits: Wide),
            "customers" => FlowAsync(store, isQuick, $"the same for each of {Payloads.Customers:#,0} keys", limits: Wide with
            {
                Key = "$.customer", KeyConcurrency = 1_000, KeyRates = Wide.Rates, Fair = true,
            }),
            "keys" => FlowAsync(store, isQuick, "the same for each key, and a key for each job", limits: Wide with
            {
                Key = "$.i", KeyConcurrency = 10, KeyRates = Wide.Rates, Fair = true,
            }),
            "fair" => FairBench.RunAsync(store, isQuick),
            _ => Task.CompletedTask,
        };
    }

    private static async Task MemoryAsync(BenchStore store, int open)
    {
        Print("\n| resident memory of a silo | MB | live objects, MB | ready after, s |\n|---|---|---|---|");
        foreach (var (work, title) in new[] { ("idle", "idle"), ("ready", $"{open:#,0} ready"), ("parked", $"{open:#,0} parked") })
        {
            await store.ResetAsync();
            var reading = await SiloProcess.RunAsync(store, work, open);
            Print($"| {title} | {reading.ResidentMegabytes:0} | {reading.HeapMegabytes:0} | {reading.ReadySeconds:0.00} |");
        }
    }

    /// <summary>The silo that had them was killed.</summary>
    private static async Task RecoveryAsync(BenchStore store, int open)
    {
        Print("\n| taken over from a killed silo | first job runs after, s | all recovered after, s | resident, MB | ready after, s |\n|---|---|---|---|---|");
        foreach (var (ready, parked) in new[] { (open, 0), (open, open) })
        {
            await store.ResetAsync();
            await SiloProcess.RunAsync(store, "ready", ready);
            if (parked > 0)
                await SiloProcess.RunAsync(store, "parked", parked);
            await store.SettleAsync();
            var held = await SiloProcess.RunAsync(store, "hold", 0);
            var ran = await SiloProcess.RunAsync(store, "recover", 0);
            Print($"| {ready:#,0} ready, {parked:#,0} parked; nothing runs | | {held.RecoveredSeconds:0.0} | {held.ResidentMegabytes:0} | {held.ReadySeconds:0.00} |");
            Print($"| {ready:#,0} ready, {parked:#,0} parked | {ran.FirstSeconds:0.0} | {ran.RecoveredSeconds:0.0} | {ran.ResidentMegabytes:0} | {ran.ReadySeconds:0.00} |");
        }
    }

    /// <summary>Phase D on two stores in turns: an empty one, and one that is prepared.</summary>
    private static async Task FlowAsync(BenchStore store, bool isQuick, string title, Func<BenchStore, Task>? prepareAsync = null, int queues = 1, QueueLimits? limits = null)
    {
        await using var other = await store.OpenAnotherAsync();
        await other.ResetAsync();
        // Makes the tables.
        await SiloProcess.RunAsync(other, "idle", 0);
        if (prepareAsync is not null)
            await prepareAsync(other);
        var phase = new Flow(callJobs: queues == 1 ? Phase.CallJobs : Phase.CallJobs / 5);
        var jobs = phase.JobsOf(isQuick);
        // Both, and for long: what only the other one uses is compiled then, too.
        await phase.MeasureAsync(store, "warm-up", jobs, async tally => await HearthSubject.StartAsync(store, tally, 1));
        for (var i = 0; i < 2; i++)
            await phase.MeasureAsync(other, "warm-up", jobs, async tally => await HearthSubject.StartAsync(other, tally, queues, limits), isKept: true);
        var (ratios, rates) = (new List<double>(), new List<double>());
        for (var round = 0; round < (isQuick ? 1 : Rounds); round++)
        {
            var empty = await phase.MeasureAsync(store, "empty", jobs, async tally => await HearthSubject.StartAsync(store, tally, 1));
            var full = await phase.MeasureAsync(other, title, jobs, async tally => await HearthSubject.StartAsync(other, tally, queues, limits), isKept: true);
            ratios.Add(full.Rate / empty.Rate);
            rates.Add(full.Rate);
        }

        ratios.Sort();
        rates.Sort();
        Print($"\nD with {title}: {rates[rates.Count / 2]:#,0}/s, {ratios[ratios.Count / 2]:0.00} of the empty store's ({string.Join(", ", ratios.Select(r => r.ToString("0.00", CultureInfo.InvariantCulture)))})");
    }

    private static void Print(FormattableString text) => System.Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static void Print(string text) => System.Console.WriteLine(text);
}
