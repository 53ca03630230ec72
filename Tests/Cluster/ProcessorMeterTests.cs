using Hearth.Cluster;

namespace Hearth.Tests.Cluster;

public sealed class ProcessorMeterTests
{
    [Theory]
    [InlineData("cpu  100 10 40 800 50 5 5 10 7 3", 170, 1_020)]
    [InlineData("cpu 1 0 0 9 0 0 0", 1, 10)]
    public void Busy_is_what_is_neither_idle_nor_waiting(string line, double busy, double all) => Assert.Equal((busy, all), ProcessorMeter.Parse(line));

    [Fact]
    public async Task Busy_processors_are_seen()
    {
        using var meter = new ProcessorMeter(TimeProvider.System);
        Assert.Null(meter.Percent);
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var burning = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(Burn, TaskCreationOptions.LongRunning)).ToList();
        while (!(meter.Percent > 40) && !stop.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        Assert.InRange(meter.Percent ?? -1, 41, 100);
        await stop.CancelAsync();
        await Task.WhenAll(burning);

        void Burn()
        {
            while (!stop.IsCancellationRequested)
                Thread.SpinWait(1_000);
        }
    }
}
