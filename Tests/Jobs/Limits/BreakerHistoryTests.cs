using Hearth.Functions;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Storage.PostgreSql;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>
/// The circuit breaker of a shard over random histories: jobs are leased as a pump would, succeed, fail and snooze, owners die or hand over, somebody resets it.
/// After each step it is in the state in which <see cref="BreakerModel"/> is, and nothing was handed out that may not be. HEARTH_SEED runs one seed.
/// </summary>
public sealed class BreakerHistoryTests
{
    [Fact]
    public async Task It_opens_probes_and_closes_as_the_reference_says_whoever_owns_the_shard() =>
        Assert.InRange(await ShardHistory.RunAsync(25, StoreOfSeed.InMemory, (open, seed) => new History(open, seed), steps: 250), 10, int.MaxValue);

    [Fact]
    public Task It_does_on_SQLite() => ShardHistory.RunAsync(4, StoreOfSeed.Sqlite, (open, seed) => new History(open, seed), steps: 120);

    [PostgresFact]
    public async Task An_owner_that_follows_one_that_died_on_PostgreSQL_knows_that_it_is_open()
    {
        await using var postgres = await PostgresWorld.NewAsync();
        await using var store = await postgres.OpenAsync();
        var queues = new InMemoryGrainStateStore(TimeProvider.System);
        var rule = new QueueBreaker(2, Pause: TimeSpan.FromHours(1), PauseMax: TimeSpan.FromHours(4));
        DateTimeOffset? next = null;
        for (var owner = 0; owner < 2; owner++)
        {
            await using var silo = await JobSilo.StartAsync(store, TimeProvider.System, [], new JobsOptions($"owner {owner}"), queues: queues);
            if (owner == 0)
            {
                await silo.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).PutAsync(new QueueDefinition { Breaker = rule }, QueueCondition.None);
                await silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, 5).Select(_ => JobWorld.Spec("echo"))]);
                JobLease[] leases = [];
                await JobWorld.EventuallyAsync(async () => (leases = await silo.Shard.LeaseAsync("echo", 2, silo.NextCall())).Length == 2, "two are handed out");
                await silo.Shard.CompleteAsync([.. leases.Select(lease => new JobResult(lease.Id, lease.Attempt, AttemptOutcome.Failed, store.Now, store.Now, Error: "down"))]);
            }

            await silo.Shard.ReadInboxAsync();
            var shown = (await silo.Shard.DepthAsync()).Holds!.Breaker!;
            Assert.Equal(BreakerState.Open, shown.State);
            // The store keeps microseconds.
            Assert.InRange((shown.NextProbe!.Value - (next ?? shown.NextProbe.Value)).Duration(), TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
            next = shown.NextProbe;
            Assert.Empty(await silo.Shard.LeaseAsync("echo", 5, silo.NextCall()));
            silo.Crash();
        }
    }

    private sealed class History : ShardHistory
    {
        private readonly QueueBreaker rule;
        private readonly BreakerModel model;
        private readonly List<(JobId Id, int Attempt, long StartedAt)> running = [];
        private BreakerState before;
        private int openings;

        public History(Func<TimeProvider, IJobStore> open, int seed)
            : base(open, seed)
        {
            var failures = Random.Next(1, 5);
            rule = new QueueBreaker(
                failures, Random.Next(2) == 0 ? null : failures + Random.Next(6), Random.Next(2) == 0 ? null : TimeSpan.FromSeconds(Random.Next(1, 60)),
                Random.Next(3) == 0 ? null : TimeSpan.FromSeconds(Random.Next(1, 30)), TimeSpan.FromSeconds(Random.Next(30, 200)), Random.Next(1, 4));
            model = new BreakerModel(rule);
        }

        protected override QueueDefinition Definition => new() { Breaker = rule };

        public override async Task<int> RunAsync(int steps)
        {
            await NextOwnerAsync();
            for (var step = 0; step < steps; step++)
            {
                await StepAsync();
                var shown = (await Silo.Shard.DepthAsync()).Holds!.Breaker!;
                Assert.True(model.StateAt(Now) == shown.State, $"It is {shown.State} after step {step}, and {model.StateAt(Now)} by the book.");
                openings += shown.State == BreakerState.Open && before != BreakerState.Open ? 1 : 0;
                before = shown.State;
            }

            return openings;
        }

        private async Task StepAsync()
        {
            // No two things happen in the same moment: what is stored has its time in microseconds.
            Clock.Advance(TimeSpan.FromMilliseconds(1));
            switch (Random.Next(20))
            {
                case 0 or 1:
                    await Silo.Shard.SubmitManyAsync([.. Enumerable.Range(0, Random.Next(1, 10)).Select(_ =>
                        JobWorld.Spec("echo", "", new JobOptions { Retry = new RetryPolicy(Attempts: 3, Initial: TimeSpan.FromSeconds(1), Jitter: 0) }))]);
                    break;
                case 2 or 3:
                    Clock.Advance(TimeSpan.FromMilliseconds(Random.Next(1, 3_000)));
                    break;
                case 4 when model.NextProbe is { } at && at > Now:
                    Clock.Advance(TimeSpan.FromTicks(at - Now));
                    break;
                case 5 when Random.Next(4) == 0:
                    await DieAsync();
                    break;
                case 6 when Random.Next(4) == 0:
                    await HandOverAsync();
                    break;
                case 7 when Random.Next(4) == 0:
                    await Silo.Shard.EndBackOffAsync();
                    model.Reset(Now);
                    break;
                case < 14 when running.Count > 0:
                    await EndAsync();
                    break;
                default:
                    await LeaseAsync(Random.Next(1, 5));
                    break;
            }
        }

        private async Task EndAsync()
        {
            var run = running[Random.Next(running.Count)];
            running.Remove(run);
            var (outcome, extras, failed) = Outcome();
            await Silo.Shard.CompleteAsync([new JobResult(run.Id, run.Attempt, outcome, Clock.GetUtcNow(), Clock.GetUtcNow(), Error: outcome == AttemptOutcome.Succeeded ? null : "no", Extras: extras)]);
            model.End(run.Id, run.Attempt, run.StartedAt, failed, Now);
        }

        private (AttemptOutcome Outcome, AttemptExtras? Extras, bool? Failed) Outcome() => Random.Next(12) switch
        {
            0 => (AttemptOutcome.Returned, null, null),
            1 => (AttemptOutcome.Snoozed, new AttemptExtras(Wait: TimeSpan.FromSeconds(1)), null),
            2 => (AttemptOutcome.Discarded, null, null),
            3 => (AttemptOutcome.FailedForGood, null, null),
            4 => (AttemptOutcome.Failed, new AttemptExtras(Wait: TimeSpan.FromSeconds(1), BackOff: BackOff.Key), null),
            5 => (AttemptOutcome.Failed, new AttemptExtras(Wait: TimeSpan.FromSeconds(1)), true),
            < 9 => (AttemptOutcome.Succeeded, null, false),
            _ => (AttemptOutcome.Failed, null, true),
        };

        private async Task LeaseAsync(int max)
        {
            foreach (var lease in await Silo.Shard.LeaseAsync("echo", max, Silo.NextCall()))
            {
                // The clock stands still while the call is under way.
                model.Start(lease.Id, lease.Attempt, Now);
                running.Add((lease.Id, lease.Attempt, Now));
            }
        }

        protected override async Task NextOwnerAsync()
        {
            running.Clear();
            await base.NextOwnerAsync();
            model.TakeOver(Now);
        }
    }
}
