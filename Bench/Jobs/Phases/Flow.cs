namespace Hearth.Bench.Jobs;

/// <summary>D: bulk submits and runs at once; from the first submit to the last end in the store.</summary>
/// <param name="callJobs">Jobs of one call.</param>
internal sealed class Flow(int callJobs = Phase.CallJobs) : Phase
{
    public override string Letter => "D";

    public override string Title => "bulk submits of 1,000 and drain together";

    protected override int WarmUp => 200;

    public override int JobsOf(bool isQuick) => isQuick ? 50_000 : 200_000;

    protected override async Task<Measurement> MeasureAsync(PhaseRun run)
    {
        await run.Subject.StartWorkersAsync();
        await run.Subject.SubmitManyAsync(0, run.WarmUp);
        while (run.Tally.Count < run.WarmUp)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        var meter = await run.StartAsync();
        await run.SubmitManyAsync(run.WarmUp, run.Jobs, BulkSubmits.Callers, callJobs);
        await run.Subject.DrainedAsync();
        return new Measurement(run.Jobs, await meter.StopAsync());
    }
}
