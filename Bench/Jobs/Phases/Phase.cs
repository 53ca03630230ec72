namespace Hearth.Bench.Jobs;

/// <summary>One of the phases A to E of the side-by-side runs: what is done, timed and verified.</summary>
internal abstract class Phase
{
    /// <summary>Jobs of one bulk call.</summary>
    public const int CallJobs = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static IReadOnlyList<Phase> All { get; } = [new SingleSubmits(), new BulkSubmits(), new Drain(), new Flow(), new Pace()];

    /// <summary>A to E.</summary>
    public abstract string Letter { get; }

    public abstract string Title { get; }

    /// <summary>Jobs that are timed.</summary>
    public abstract int JobsOf(bool isQuick);

    /// <summary>Jobs before the clock starts.</summary>
    protected virtual int WarmUp => 0;

    protected virtual bool Ends => true;

    /// <summary>Times the phase.</summary>
    /// <param name="store">Where.</param>
    /// <param name="subjectName">For the tables.</param>
    /// <param name="jobs">Jobs that are timed.</param>
    /// <param name="open">Opens the subject on the store.</param>
    /// <param name="isKept">Whether the store keeps what is in it; else it is made anew.</param>
    /// <exception cref="InvalidOperationException">The store does not hold what it must, or a job ran twice.</exception>
    public async Task<Measurement> MeasureAsync(BenchStore store, string subjectName, int jobs, Func<Tally, Task<ISubject>> open, bool isKept = false)
    {
        var all = WarmUp + jobs;
        Payloads.Render(all);
        var tally = new Tally(all);
        if (!isKept)
            await store.ResetAsync();
        var before = isKept ? await store.CountAsync() : default;
        Measurement measured;
        await using (var subject = await open(tally))
            measured = (await MeasureAsync(new PhaseRun(store, subject, tally, WarmUp, jobs)).WaitAsync(Patience, TimeProvider.System)) with { Store = store.Name, Phase = Letter, Subject = subjectName };
        var after = await store.CountAsync();
        var (rows, ends) = (after.Jobs - before.Jobs, after.Ends - before.Ends);
        var expected = Ends ? all : 0;
        if (rows != all || ends != expected || tally.Count != expected || tally.Repeats != 0)
        {
            throw new InvalidOperationException(
                $"Phase {Letter} of {subjectName} on {store.Name}: {rows} of {all} jobs and {ends} of {expected} ends are stored, {tally.Count} ran, {tally.Repeats} again.");
        }

        return measured;
    }

    protected abstract Task<Measurement> MeasureAsync(PhaseRun run);
}

/// <summary>What a phase works on.</summary>
/// <param name="Store">The store, which was empty.</param>
/// <param name="Subject">Hearth or the floor.</param>
/// <param name="Tally">Counts runs.</param>
/// <param name="WarmUp">Jobs before the clock starts: the first ones.</param>
/// <param name="Jobs">Jobs that are timed.</param>
internal sealed record PhaseRun(BenchStore Store, ISubject Subject, Tally Tally, int WarmUp, int Jobs)
{
    public Task<Meter> StartAsync() => Meter.StartAsync(Store, Subject);

    /// <summary>Bulk calls, so many at a time.</summary>
    public Task SubmitManyAsync(int first, int jobs, int callers, int callJobs = Phase.CallJobs) => CallAsync(
        callers, (jobs + callJobs - 1) / callJobs,
        call => Subject.SubmitManyAsync(first + (call * callJobs), Math.Min(callJobs, jobs - (call * callJobs))));

    /// <summary>Calls made by so many callers, each awaiting its call before the next.</summary>
    public static Task CallAsync(int callers, int calls, Func<int, Task> callAsync)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var call && call < calls)
                await callAsync(call);
        })));
    }
}

/// <param name="Jobs">Jobs timed.</param>
/// <param name="Usage">What they took.</param>
internal sealed record Measurement(int Jobs, Usage Usage)
{
    public string Store { get; init; } = "";

    public string Phase { get; init; } = "";

    public string Subject { get; init; } = "";

    public double Rate => Jobs / Usage.Seconds;

    /// <summary>From due to acknowledged.</summary>
    public Latencies? Acknowledged { get; init; }

    /// <summary>From due to the start of the function.</summary>
    public Latencies? Started { get; init; }
}
