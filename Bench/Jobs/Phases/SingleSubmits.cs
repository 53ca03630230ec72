namespace Hearth.Bench.Jobs;

/// <summary>A: 64 callers, one job a call, each waits for its acknowledgement; nothing runs.</summary>
internal sealed class SingleSubmits : Phase
{
    private const int Callers = 64;

    public override string Letter => "A";

    public override string Title => "single durable submits, 64 callers";

    protected override int WarmUp => Callers * 4;

    protected override bool Ends => false;

    public override int JobsOf(bool isQuick) => isQuick ? 20_000 : 100_000;

    protected override async Task<Measurement> MeasureAsync(PhaseRun run)
    {
        await PhaseRun.CallAsync(Callers, run.WarmUp, run.Subject.SubmitAsync);
        var meter = await run.StartAsync();
        await PhaseRun.CallAsync(Callers, run.Jobs, call => run.Subject.SubmitAsync(run.WarmUp + call));
        return new Measurement(run.Jobs, await meter.StopAsync());
    }
}
