namespace Hearth.Bench.Jobs;

/// <summary>C: a backlog is loaded, then the function starts to be served; until every job has ended in the store.</summary>
internal sealed class Drain : Phase
{
    public override string Letter => "C";

    public override string Title => "drain of a backlog";

    public override int JobsOf(bool isQuick) => isQuick ? 50_000 : 200_000;

    protected override async Task<Measurement> MeasureAsync(PhaseRun run)
    {
        await run.SubmitManyAsync(0, run.Jobs, BulkSubmits.Callers);
        await run.Store.SettleAsync();
        var meter = await run.StartAsync();
        await run.Subject.StartWorkersAsync();
        await run.Subject.DrainedAsync();
        return new Measurement(run.Jobs, await meter.StopAsync());
    }
}
