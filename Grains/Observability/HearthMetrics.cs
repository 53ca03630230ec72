using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Hearth.Functions.Runs;
using Hearth.Jobs;

namespace Hearth.Observability;

/// <summary>
/// What this process counts and measures, under the meter <c>Hearth</c>; docs/reference/telemetry.md lists the names. Without a listener each costs
/// a few nanoseconds, and none allocates.
/// </summary>
internal static class HearthMetrics
{
    public const string Name = "Hearth";

    private const string FunctionTag = "function";
    private const string QueueTag = "queue";
    private const string OutcomeTag = "outcome";
    private const string StateTag = "state";

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800],
    };

    private static readonly InstrumentAdvice<long> Rows = new()
    {
        HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000],
    };

    // By the numbers of RunEnd and AttemptOutcome: text that is there already costs nothing.
    private static readonly string[] Ends = ["succeeded", "failed", "timed-out", "cancelled"];
    private static readonly string[] Outcomes = ["succeeded", "failed", "failed-for-good", "returned", "snoozed", "discarded"];

    private static readonly (BreakerState State, string Name)[] BreakerStates =
        [(BreakerState.Closed, "closed"), (BreakerState.HalfOpen, "half-open"), (BreakerState.Open, "open")];

    private static readonly ConcurrentDictionary<ShardGauge, bool> Shards = new();

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> RunDuration = Meter.CreateHistogram(
        "hearth.function.run.duration", "s", "Runs of functions, of calls and of jobs.", tags: null, Seconds);

    private static readonly Counter<long> Submitted = Meter.CreateCounter<long>("hearth.jobs.submitted", "{job}", "Jobs that were accepted.");

    private static readonly Counter<long> Ended = Meter.CreateCounter<long>("hearth.jobs.ended", "{job}", "Jobs that ended, by the state they ended in.");

    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>("hearth.job.attempts", "{attempt}", "Attempts that are over, by how they went.");

    private static readonly Histogram<double> Wait = Meter.CreateHistogram(
        "hearth.job.wait.duration", "s", "From when a job was due until its first attempt started.", tags: null, Seconds);

    private static readonly Histogram<double> WriteDuration = Meter.CreateHistogram(
        "hearth.store.write.duration", "s", "From handing a batch of a shard's rows to the store until they are committed.", tags: null, Seconds);

    private static readonly Histogram<long> WriteRows = Meter.CreateHistogram(
        "hearth.store.write.rows", "{row}", "Rows that a shard wrote in one batch.", tags: null, Rows);

    private static readonly Counter<long> WriteFailures = Meter.CreateCounter<long>("hearth.store.write.failures", "{batch}", "Batches that were not written.");

    private static readonly Counter<long> ShardsLost = Meter.CreateCounter<long>("hearth.shards.lost", "{shard}", "Shards that another silo has taken over unplanned.");

    private static readonly Counter<long> LeaseLosses = Meter.CreateCounter<long>(
        "hearth.silo.lease.losses", "{loss}", "How often this silo might start no jobs, because it could not renew its lease.");

    private static readonly Counter<long> BreakerOpenings = Meter.CreateCounter<long>(
        "hearth.queue.breaker.openings", "{opening}", "How often circuit breakers were opened, probes that failed included.");

    static HearthMetrics()
    {
        Meter.CreateObservableGauge("hearth.queue.jobs", Depths, "{job}", "Open jobs of the queues that this silo owns: ready, scheduled, or busy (running, or waiting for their next attempt).");
        Meter.CreateObservableGauge("hearth.queue.oldest.age", Ages, "s", "How long ago the oldest ready job of a queue that this silo owns was accepted; 0 when none is ready.");
        Meter.CreateObservableGauge("hearth.queue.breakers", Breakers, "{shard}", "Shards that this silo owns by the state of their circuit breaker, of queues that have one.");
    }

    /// <summary>A shard that this process owns from now on.</summary>
    public static void Add(ShardGauge shard) => Shards.TryAdd(shard, true);

    public static void Remove(ShardGauge shard) => Shards.TryRemove(shard, out _);

    public static void Ran(string function, RunEnd end, TimeSpan took) =>
        RunDuration.Record(took.TotalSeconds, new KeyValuePair<string, object?>(FunctionTag, function), new(OutcomeTag, Ends[(int)end]));

    public static void Accepted(string queue, int jobs) => Submitted.Add(jobs, new KeyValuePair<string, object?>(QueueTag, queue));

    public static void End(string queue, int succeeded, int failed, int cancelled)
    {
        End(queue, "succeeded", succeeded);
        End(queue, "failed", failed);
        End(queue, "cancelled", cancelled);
    }

    public static void Attempted(string function, AttemptOutcome outcome) =>
        Attempts.Add(1, new KeyValuePair<string, object?>(FunctionTag, function), new(OutcomeTag, Outcomes[(int)outcome]));

    public static void Started(in JobLease lease, DateTimeOffset at)
    {
        if (!Wait.Enabled || lease.Attempt != 1)
            return;
        var due = lease.Spec.Options?.DueAt is { } dueAt && dueAt > lease.Id.At ? dueAt : lease.Id.At;
        Wait.Record(Math.Max(0, (at - due).TotalSeconds), new KeyValuePair<string, object?>(FunctionTag, lease.Spec.Function));
    }

    public static void Wrote(TimeSpan took, int rows)
    {
        WriteDuration.Record(took.TotalSeconds);
        WriteRows.Record(rows);
    }

    public static void WriteFailed() => WriteFailures.Add(1);

    public static void ShardLost() => ShardsLost.Add(1);

    public static void BreakerOpened(string queue) => BreakerOpenings.Add(1, new KeyValuePair<string, object?>(QueueTag, queue));

    public static void LeaseLost() => LeaseLosses.Add(1);

    private static void End(string queue, string state, int jobs)
    {
        if (jobs > 0)
            Ended.Add(jobs, new KeyValuePair<string, object?>(QueueTag, queue), new(StateTag, state));
    }

    private static IEnumerable<Measurement<int>> Depths()
    {
        foreach (var shard in Shards.Keys)
        {
            yield return new(shard.Ready, new KeyValuePair<string, object?>(QueueTag, shard.Queue), new(StateTag, "ready"));
            yield return new(shard.Scheduled, new KeyValuePair<string, object?>(QueueTag, shard.Queue), new(StateTag, "scheduled"));
            yield return new(shard.Busy, new KeyValuePair<string, object?>(QueueTag, shard.Queue), new(StateTag, "busy"));
        }
    }

    private static IEnumerable<Measurement<int>> Breakers()
    {
        var now = TimeProvider.System.GetUtcNow().UtcTicks;
        foreach (var queue in Shards.Keys.Where(shard => shard.Breaker is not null).GroupBy(shard => shard.Queue, StringComparer.Ordinal))
        {
            var states = queue.Select(shard => shard.Breaker?.StateAt(now)).ToList();
            foreach (var (state, name) in BreakerStates)
                yield return new(states.Count(s => s == state), new KeyValuePair<string, object?>(QueueTag, queue.Key), new(StateTag, name));
        }
    }

    private static IEnumerable<Measurement<double>> Ages()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var shard in Shards.Keys)
            yield return new(shard.Oldest == 0 ? 0 : Math.Max(0, now - shard.Oldest) / 1_000.0, new KeyValuePair<string, object?>(QueueTag, shard.Queue));
    }
}
