using System.Globalization;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;
using Orleans.Runtime;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>
/// Order and turns of keys over random histories of a shard: jobs come, run, fail, are snoozed and handed back, while owners die, are taken over or end in order, at
/// any moment. HEARTH_SEED runs one seed.
/// </summary>
public sealed class KeyHistoryTests
{
    private const int Histories = 25;

    [Fact]
    public Task Jobs_of_a_key_start_when_all_before_them_have_ended_whoever_owns_the_shard() =>
        RunAsync(new QueueLimits { KeyOrder = true }, (store, starts) => InOrderAsync(store, starts));

    [Fact]
    public async Task Without_order_they_do_not() => await Assert.ThrowsAnyAsync<Exception>(() =>
        RunAsync(new QueueLimits { KeyConcurrency = 100 }, (store, starts) => InOrderAsync(store, starts)));

    [Fact]
    public Task Nobody_waits_for_more_than_a_turn_of_each_other_key_whoever_owns_the_shard() => RunAsync(
        new QueueLimits { Fair = true, Weights = Weights }, (_, starts) => ByTurns(starts), AttemptOutcome.Succeeded);

    [Fact]
    public async Task Without_turns_somebody_does() => await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(
        new QueueLimits { KeyConcurrency = 100 }, (_, starts) => ByTurns(starts), AttemptOutcome.Succeeded));

    private static Dictionary<string, int> Weights { get; } = new(StringComparer.Ordinal) { ["0"] = 3 };

    private static async Task RunAsync(QueueLimits limits, Func<IJobStore, List<Start>, Task> check, params AttemptOutcome[] outcomes)
    {
        var starts = 0;
        for (var i = 0; i < Histories; i++)
        {
            var seed = int.TryParse(Environment.GetEnvironmentVariable("HEARTH_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next(1 << 30);
            await using var history = new History(limits, check, outcomes, seed);
            try
            {
                starts += await history.RunAsync(steps: 150).WaitAsync(TimeSpan.FromMinutes(2));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"HEARTH_SEED={seed}: {e.Message}", e);
            }
        }

        Assert.InRange(starts, Histories, int.MaxValue);
    }

    /// <summary>The last start: what came before it with the same key has ended.</summary>
    private static async Task InOrderAsync(IJobStore store, List<Start> starts)
    {
        var last = starts[^1];
        foreach (var before in starts[^1].Known.Where(job => job.Key == last.Key && job.Value < last.Id))
            Assert.True((await store.FindAsync(before.Value, CancellationToken.None))?.HasEnded, $"{last.Id} started before {before.Value} had ended.");
    }

    /// <summary>The last start: if the job was there when its key had its turn before, each other key had one turn since.</summary>
    private static Task ByTurns(List<Start> starts)
    {
        var last = starts[^1];
        var before = starts.SkipLast(1).ToList().FindLastIndex(start => start.Key == last.Key);
        if (before < 0 || starts[before].Epoch != last.Epoch || last.Attempt > 1 || !starts[before].Known.Contains((last.Key, last.Id)))
            return Task.CompletedTask;
        foreach (var other in starts.Skip(before + 1).SkipLast(1).GroupBy(start => start.Key))
            Assert.True(other.Count() <= Weights.GetValueOrDefault(other.Key, 1), $"Key {last.Key} waited for {other.Count()} jobs of key {other.Key}.");
        return Task.CompletedTask;
    }

    /// <param name="Key">The job's key.</param>
    /// <param name="Id">The job.</param>
    /// <param name="Attempt">Which attempt.</param>
    /// <param name="Epoch">Of the owner.</param>
    /// <param name="Known">Jobs that had been accepted before the call that started it.</param>
    private sealed record Start(string Key, JobId Id, int Attempt, long Epoch, HashSet<(string Key, JobId Value)> Known);

    private sealed class History(QueueLimits limits, Func<IJobStore, List<Start>, Task> check, AttemptOutcome[] outcomes, int seed) : IAsyncDisposable
    {
        private readonly ManualTimeProvider clock = new();
        private readonly Random random = new(seed);
        private readonly List<JobSilo> silos = [];
        private readonly List<Start> starts = [];
        private readonly List<JobLease> open = [];
        private HashSet<(string Key, JobId Value)> known = [];
        private InMemoryJobStore? store;

        private InMemoryJobStore Store => store ??= new InMemoryJobStore(clock);

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
                case 0 or 1 or 2:
                    await SubmitAsync(random.Next(1, 12));
                    break;
                case 3:
                    clock.Advance(TimeSpan.FromMilliseconds(random.Next(1, 3_000)));
                    break;
                case 4 when random.Next(4) == 0:
                    Silo.Crash();
                    await NextOwnerAsync();
                    break;
                case 5 when random.Next(4) == 0:
                    await Store.ClaimAsync(ShardKey.Of(JobSilo.Queue), "somebody else", isPlanned: false, CancellationToken.None);
                    break;
                case 6 when random.Next(4) == 0:
                    await clock.AdvanceUntilAsync(Silo.StopAsync(), TimeSpan.FromMilliseconds(20), TimeSpan.FromMinutes(1));
                    Silo.Crash();
                    await NextOwnerAsync();
                    break;
                case 7 or 8 or 9 or 10 when open.Count > 0:
                    await TellAsync(open[random.Next(open.Count)]);
                    break;
                case 11 when outcomes.Length == 0 && random.Next(4) == 0:
                    // What was taken and not handed out has used its turn.
                    Silo.Store.FailNextWrite();
                    break;
                default:
                    await LeaseAsync(random.Next(1, 6));
                    break;
            }
        }

        private async Task SubmitAsync(int count)
        {
            var keys = Enumerable.Range(0, count).Select(_ => $"{random.Next(4)}").ToList();
            var submitted = await Silo.Shard.SubmitManyAsync([.. keys.Select(key => JobWorld.Spec("echo", "", new JobOptions { Key = key }))]);
            if (submitted.Outcome == SubmitOutcome.Accepted)
                known = [.. known, .. keys.Select((key, n) => (key, submitted.First.Plus(n)))];
        }

        private async Task LeaseAsync(int max)
        {
            var before = known;
            foreach (var lease in await Silo.Shard.LeaseAsync("echo", max, Silo.NextCall()))
            {
                open.Add(lease);
                starts.Add(new Start(lease.Spec.Options!.Key!, lease.Id, lease.Attempt, lease.Epoch, before));
                await check(Store, starts);
            }
        }

        private async Task TellAsync(JobLease lease)
        {
            open.Remove(lease);
            var outcome = outcomes.Length > 0 ? outcomes[random.Next(outcomes.Length)] : (AttemptOutcome)random.Next(5);
            await Silo.Shard.CompleteAsync(
            [
                new JobResult(lease.Id, lease.Attempt, outcome, clock.GetUtcNow(), clock.GetUtcNow()) { Extras = new AttemptExtras(Wait: TimeSpan.FromSeconds(random.Next(5))) },
            ]);
        }

        private async Task NextOwnerAsync()
        {
            open.Clear();
            silos.Add(await JobSilo.StartAsync(
                Store, clock, [], new JobsOptions($"owner {silos.Count}") { LimitsOf = _ => limits, StopGrace = TimeSpan.FromSeconds(1) }));
            // Once its jobs are recovered.
            await Silo.Shard.ReadInboxAsync();
        }
    }
}
