using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Tests.Support.Jobs;

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

    private static async Task RunAsync(QueueLimits limits, Func<IJobStore, List<Start>, Task> check, params AttemptOutcome[] outcomes) => Assert.InRange(
        await ShardHistory.RunAsync(Histories, StoreOfSeed.InMemory, (open, seed) => new History(open, seed, limits, check, outcomes), steps: 150), Histories, int.MaxValue);

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

    private sealed class History(Func<TimeProvider, IJobStore> open, int seed, QueueLimits limits, Func<IJobStore, List<Start>, Task> check, AttemptOutcome[] outcomes)
        : ShardHistory(open, seed)
    {
        private readonly List<Start> starts = [];
        private readonly List<JobLease> running = [];
        private HashSet<(string Key, JobId Value)> known = [];

        protected override QueueDefinition Definition => new() { Limits = limits };

        public override async Task<int> RunAsync(int steps)
        {
            await TakeStepsAsync(steps, StepAsync);
            return starts.Count;
        }

        protected override Task NextOwnerAsync()
        {
            running.Clear();
            return base.NextOwnerAsync();
        }

        private async Task StepAsync()
        {
            switch (Random.Next(16))
            {
                case 0 or 1 or 2:
                    await SubmitAsync(Random.Next(1, 12));
                    break;
                case 3:
                    Clock.Advance(TimeSpan.FromMilliseconds(Random.Next(1, 3_000)));
                    break;
                case 4 when Random.Next(4) == 0:
                    await DieAsync();
                    break;
                case 5 when Random.Next(4) == 0:
                    await Store.ClaimAsync(ShardKey.Of(JobSilo.Queue), "somebody else", isPlanned: false, CancellationToken.None);
                    break;
                case 6 when Random.Next(4) == 0:
                    await HandOverAsync();
                    break;
                case 7 or 8 or 9 or 10 when running.Count > 0:
                    await TellAsync(running[Random.Next(running.Count)]);
                    break;
                case 11 when outcomes.Length == 0 && Random.Next(4) == 0:
                    // What was taken and not handed out has used its turn.
                    Silo.Store.FailNextWrite();
                    break;
                default:
                    await LeaseAsync(Random.Next(1, 6));
                    break;
            }
        }

        private async Task SubmitAsync(int count)
        {
            var keys = Enumerable.Range(0, count).Select(_ => $"{Random.Next(4)}").ToList();
            var submitted = await Silo.Shard.SubmitManyAsync([.. keys.Select(key => JobWorld.Spec("echo", "", new JobOptions { Key = key }))]);
            if (submitted.Outcome == SubmitOutcome.Accepted)
                known = [.. known, .. keys.Select((key, n) => (key, submitted.First.Plus(n)))];
        }

        private async Task LeaseAsync(int max)
        {
            var before = known;
            foreach (var lease in await Silo.Shard.LeaseAsync("echo", max, Silo.NextCall()))
            {
                running.Add(lease);
                starts.Add(new Start(lease.Spec.Options!.Key!, lease.Id, lease.Attempt, lease.Epoch, before));
                await check(Store, starts);
            }
        }

        private async Task TellAsync(JobLease lease)
        {
            running.Remove(lease);
            var outcome = outcomes.Length > 0 ? outcomes[Random.Next(outcomes.Length)] : (AttemptOutcome)Random.Next(5);
            await Silo.Shard.CompleteAsync(
            [
                new JobResult(lease.Id, lease.Attempt, outcome, Clock.GetUtcNow(), Clock.GetUtcNow()) { Extras = new AttemptExtras(Wait: TimeSpan.FromSeconds(Random.Next(5))) },
            ]);
        }
    }
}
