namespace Hearth.Bench.Jobs;

/// <summary>B: calls of 1,000 jobs; nothing runs.</summary>
internal sealed class BulkSubmits : Phase
{
    /// <summary>Calls at a time: one is being committed, one is ready to be, and the callers prepare the next ones.</summary>
    public const int Callers = 4;

    public override string Letter => "B";

    public override string Title => "bulk submits of 1,000";

    protected override int WarmUp => Callers * 2 * CallJobs;

    protected override bool Ends => false;

    public override int JobsOf(bool isQuick) => isQuick ? 50_000 : 200_000;

    protected override async Task<Measurement> MeasureAsync(PhaseRun run)
    {
        await run.SubmitManyAsync(0, run.WarmUp, Callers);
        var meter = await run.StartAsync();
        await run.SubmitManyAsync(run.WarmUp, run.Jobs, Callers);
        return new Measurement(run.Jobs, await meter.StopAsync());
    }
}
