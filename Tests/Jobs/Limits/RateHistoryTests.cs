using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Tests.Storage.PostgreSql;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>
/// Rates of a shard over random histories: jobs are leased as a pump would, owners die, are taken over or end in order, at any moment. HEARTH_SEED runs one seed.
/// </summary>
public sealed class RateHistoryTests
{
    [Fact]
    public async Task No_window_has_more_starts_than_may_be_whoever_owns_the_shard() =>
        Assert.InRange(await ShardHistory.RunAsync(25, StoreOfSeed.InMemory, (open, seed) => new History(open, seed), steps: 150), 25, int.MaxValue);

    [Fact]
    public Task No_window_has_more_starts_than_may_be_on_SQLite() => ShardHistory.RunAsync(5, StoreOfSeed.Sqlite, (open, seed) => new History(open, seed), steps: 100);

    [PostgresFact]
    public async Task No_window_has_more_starts_than_may_be_on_PostgreSQL_in_earnest()
    {
        await using var postgres = await PostgresWorld.NewAsync();
        await using var store = await postgres.OpenAsync();
        QueueLimits limits = new() { Rates = [new RateLimit(20, TimeSpan.FromSeconds(1)), new RateLimit(60, TimeSpan.FromSeconds(11))] };
        var starts = new List<long>();
        for (var owner = 0; owner < 4; owner++)
        {
            await using var silo = await JobSilo.StartAsync(
                store, TimeProvider.System, [], new JobsOptions($"owner {owner}") { StopGrace = TimeSpan.FromSeconds(1) }, given: new QueueDefinition { Limits = limits });
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

    private sealed class History : ShardHistory
    {
        private readonly QueueLimits limits;
        private readonly List<(string Key, long At)> starts = [];
        private readonly List<JobResult> open = [];

        public History(Func<TimeProvider, IJobStore> open, int seed)
            : base(open, seed) =>
            limits = new QueueLimits { Rates = [Rate(1, 9), Rate(11, 600)], KeyRates = Random.Next(2) == 0 ? [Rate(1, 60)] : null, Fair = Random.Next(2) == 0 };

        protected override QueueDefinition Definition => new() { Limits = limits };

        public override async Task<int> RunAsync(int steps)
        {
            await TakeStepsAsync(steps, StepAsync);
            foreach (var limit in limits.Rates!)
                RateTests.AssertWithin(limit, [.. starts.Select(start => start.At)]);
            foreach (var limit in limits.KeyRates ?? [])
            {
                foreach (var key in starts.GroupBy(start => start.Key))
                    RateTests.AssertWithin(limit, [.. key.Select(start => start.At)]);
            }

            return starts.Count;
        }

        private async Task StepAsync()
        {
            switch (Random.Next(16))
            {
                case 0 or 1:
                    await Silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, Random.Next(1, 20)).Select(_ =>
                        JobWorld.Spec("echo", "", new JobOptions { Key = $"{Random.Next(3)}" }))]);
                    break;
                case 2:
                    Clock.Advance(TimeSpan.FromMilliseconds(Random.Next(1, 3_000)));
                    break;
                case 3:
                    Clock.Advance(TimeSpan.FromSeconds(Random.Next(1, 120)));
                    break;
                case 4 when Random.Next(3) == 0:
                    await DieAsync();
                    break;
                case 5 when Random.Next(3) == 0:
                    await Store.ClaimAsync(ShardKey.Of(JobSilo.Queue), "somebody else", isPlanned: false, CancellationToken.None);
                    break;
                case 6 when Random.Next(3) == 0:
                    await HandOverAsync();
                    break;
                case 7 or 8 when open.Count > 0:
                    var told = open[Random.Next(open.Count)];
                    open.Remove(told);
                    await Silo.Shard.CompleteAsync([told with { Outcome = (AttemptOutcome)Random.Next(4), Extras = new AttemptExtras(Wait: TimeSpan.FromSeconds(Random.Next(5))) }]);
                    break;
                case 9 when Random.Next(3) == 0:
                    Silo.Store.FailNextWrite();
                    break;
                default:
                    await LeaseAsync(Random.Next(1, 30));
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
                starts.Add((lease.Spec.Options!.Key!, Now));
                open.Add(new JobResult(lease.Id, lease.Attempt, AttemptOutcome.Succeeded, Clock.GetUtcNow(), Clock.GetUtcNow()));
            }
        }

        protected override Task NextOwnerAsync()
        {
            open.Clear();
            return base.NextOwnerAsync();
        }

        private RateLimit Rate(int min, int max) =>
            new(Random.Next(1, 40), TimeSpan.FromSeconds(Random.Next(min, max)), Random.Next(2) == 0 ? null : Random.Next(1, 30));
    }
}
