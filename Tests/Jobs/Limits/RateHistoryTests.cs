using System.Globalization;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Storage.Sqlite;
using Hearth.Tests.Storage.PostgreSql;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;
using Orleans.Runtime;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>
/// Rates of a shard over random histories: jobs are leased as a pump would, owners die, are taken over or end in order, at any moment. HEARTH_SEED runs one seed.
/// </summary>
public sealed class RateHistoryTests
{
    [Fact]
    public async Task No_window_has_more_starts_than_may_be_whoever_owns_the_shard()
    {
        var starts = 0;
        for (var i = 0; i < 25; i++)
            starts += await RunAsync(clock => new InMemoryJobStore(clock), Seed(i), steps: 150);
        Assert.InRange(starts, 25, int.MaxValue);
    }

    [Fact]
    public async Task No_window_has_more_starts_than_may_be_on_SQLite()
    {
        for (var i = 0; i < 5; i++)
        {
            using var folder = new TempFolder();
            await using var database = SqliteDatabase.Open(folder["jobs.db"]);
            await RunAsync(clock => new SqliteJobStore(database, clock), Seed(i), steps: 100);
        }
    }

    [PostgresFact]
    public async Task No_window_has_more_starts_than_may_be_on_PostgreSQL_in_earnest()
    {
        await using var postgres = await PostgresWorld.NewAsync();
        await using var store = await postgres.OpenAsync();
        QueueLimits limits = new() { Rates = [new RateLimit(20, TimeSpan.FromSeconds(1)), new RateLimit(60, TimeSpan.FromSeconds(11))] };
        var starts = new List<long>();
        for (var owner = 0; owner < 4; owner++)
        {
            await using var silo = await StartAsync(store, TimeProvider.System, limits, $"owner {owner}");
            await silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 100).Select(_ => JobWorld.Spec("echo"))]);
            var until = store.Now.AddSeconds(3 + owner);
            while (store.Now < until)
            {
                // A start is not before the call, nor after its answer: a window is measured from the first's end to the last's begin.
                var asked = store.Now.UtcTicks;
                starts.AddRange((await silo.Shard.LeaseAsync("echo", 50, silo.NextCall())).Select(_ => asked));
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            }

            silo.Crash();
        }

        Assert.InRange(starts.Count, 60, 200);
        // What was asked at one time was handed out some milliseconds later.
        foreach (var limit in limits.Rates!)
            RateTests.AssertWithin(limit with { Per = limit.Per - TimeSpan.FromMilliseconds(200) }, starts);
    }

    private static int Seed(int i) => int.TryParse(Environment.GetEnvironmentVariable("HEARTH_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
        ? seed
        : Random.Shared.Next(1 << 30) + i;

    private static Task<JobSilo> StartAsync(IJobStore store, TimeProvider clock, QueueLimits limits, string owner) => JobSilo.StartAsync(
        store, clock, [], new JobsOptions(owner) { LimitsOf = _ => limits, StopGrace = TimeSpan.FromSeconds(1) });

    private static async Task<int> RunAsync(Func<TimeProvider, IJobStore> open, int seed, int steps)
    {
        await using var history = new History(open, seed);
        try
        {
            return await history.RunAsync(steps).WaitAsync(TimeSpan.FromMinutes(2));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"HEARTH_SEED={seed}: {e.Message}", e);
        }
    }

    private sealed class History : IAsyncDisposable
    {
        private readonly ManualTimeProvider clock = new();
        private readonly Random random;
        private readonly IJobStore store;
        private readonly QueueLimits limits;
        private readonly List<JobSilo> silos = [];
        private readonly List<(string Key, long At)> starts = [];
        private readonly List<JobResult> open = [];
        private int owners;

        public History(Func<TimeProvider, IJobStore> open, int seed)
        {
            random = new Random(seed);
            store = open(clock);
            limits = new QueueLimits { Rates = [Rate(1, 9), Rate(11, 600)], KeyRates = random.Next(2) == 0 ? [Rate(1, 60)] : null, Fair = random.Next(2) == 0 };
        }

        private JobSilo Silo => silos[^1];

        public async Task<int> RunAsync(int steps)
        {
            await NextOwnerAsync();
            for (var step = 0; step < steps; step++)
            {
                try
                {
                    await StepAsync();
                }
                catch (Exception e) when (e is StoreUnavailableException or OrleansMessageRejectionException or TimeoutException)
                {
                    clock.Advance(TimeSpan.FromMilliseconds(50));
                }
            }

            foreach (var limit in limits.Rates!)
                RateTests.AssertWithin(limit, [.. starts.Select(start => start.At)]);
            foreach (var limit in limits.KeyRates ?? [])
            {
                foreach (var key in starts.GroupBy(start => start.Key))
                    RateTests.AssertWithin(limit, [.. key.Select(start => start.At)]);
            }

            return starts.Count;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var silo in silos)
            {
                silo.Crash();
                await silo.DisposeAsync();
            }
        }

        private async Task StepAsync()
        {
            switch (random.Next(16))
            {
                case 0 or 1:
                    await Silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, random.Next(1, 20)).Select(_ =>
                        JobWorld.Spec("echo", "", new JobOptions { Key = $"{random.Next(3)}" }))]);
                    break;
                case 2:
                    clock.Advance(TimeSpan.FromMilliseconds(random.Next(1, 3_000)));
                    break;
                case 3:
                    clock.Advance(TimeSpan.FromSeconds(random.Next(1, 120)));
                    break;
                case 4 when random.Next(3) == 0:
                    Silo.Crash();
                    await NextOwnerAsync();
                    break;
                case 5 when random.Next(3) == 0:
                    await store.ClaimAsync(ShardKey.Of(JobSilo.Queue), "somebody else", isPlanned: false, CancellationToken.None);
                    break;
                case 6 when random.Next(3) == 0:
                    await clock.AdvanceUntilAsync(Silo.StopAsync(), TimeSpan.FromMilliseconds(20), TimeSpan.FromMinutes(1));
                    Silo.Crash();
                    await NextOwnerAsync();
                    break;
                case 7 or 8 when open.Count > 0:
                    var told = open[random.Next(open.Count)];
                    open.Remove(told);
                    await Silo.Shard.CompleteAsync([told with { Outcome = (AttemptOutcome)random.Next(4), Extras = new AttemptExtras(Wait: TimeSpan.FromSeconds(random.Next(5))) }]);
                    break;
                case 9 when random.Next(3) == 0:
                    Silo.Store.FailNextWrite();
                    break;
                default:
                    await LeaseAsync(random.Next(1, 30));
                    // Permits may be on their way to the store.
                    await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
                    break;
            }
        }

        private async Task LeaseAsync(int max)
        {
            foreach (var lease in await Silo.Shard.LeaseAsync("echo", max, Silo.NextCall()))
            {
                // The clock stands still while the call is under way.
                starts.Add((lease.Spec.Options!.Key!, clock.GetUtcNow().UtcTicks));
                open.Add(new JobResult(lease.Id, lease.Attempt, AttemptOutcome.Succeeded, clock.GetUtcNow(), clock.GetUtcNow()));
            }
        }

        private async Task NextOwnerAsync()
        {
            open.Clear();
            silos.Add(await StartAsync(store, clock, limits, $"owner {++owners}"));
            // Once its jobs are recovered.
            await Silo.Shard.ReadInboxAsync();
        }

        private RateLimit Rate(int min, int max) =>
            new(random.Next(1, 40), TimeSpan.FromSeconds(random.Next(min, max)), random.Next(2) == 0 ? null : random.Next(1, 30));
    }
}
