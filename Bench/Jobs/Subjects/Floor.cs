using Hearth.Storage;

namespace Hearth.Bench.Jobs;

/// <summary>
/// What a bare program reaches on the shipped tables: per connection one loop that takes what waits (up to 1,000 jobs and 1,000 ends), commits
/// it and answers. Nothing is leased, retried, parked or recovered; a job "runs" by being counted.
/// </summary>
internal sealed class Floor : ISubject
{
    private readonly FloorLane[] lanes;
    private readonly Tally tally;

    public Floor(Tally tally, IReadOnlyList<IFloorWriter> writers)
    {
        this.tally = tally;
        lanes = [.. writers.Select(writer => new FloorLane(writer, tally))];
    }

    public StoreCounters Counters => lanes.Select(lane => lane.Counters).Aggregate(
        (a, b) => new StoreCounters(a.Commits + b.Commits, a.Statements + b.Statements, a.Rows + b.Rows, a.Bytes + b.Bytes));

    public Task SubmitAsync(int job) => lanes[job % lanes.Length].SubmitAsync(job, 1);

    public Task SubmitManyAsync(int first, int count) => lanes[first / count % lanes.Length].SubmitAsync(first, count);

    public Task StartWorkersAsync()
    {
        foreach (var lane in lanes)
            lane.StartWorking();
        return Task.CompletedTask;
    }

    public async Task DrainedAsync()
    {
        await tally.All;
        foreach (var lane in lanes)
            await lane.DrainedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lane in lanes)
            await lane.DisposeAsync();
    }
}
