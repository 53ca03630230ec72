using Hearth.Tests.Support;

namespace Hearth.Tests.Engine.Embedded;

public sealed class TimeoutTextTests
{
    [Fact]
    public async Task A_timeout_says_which_call_of_which_grain_and_what_it_waited_for()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<ISlowGrain>("text");
        var running = grain.PassGate("slow-text");
        await Gate.Of("slow-text").ArrivalAsync();
        var queued = grain.PassGateQuickly("slow-text");
        time.Advance(TimeSpan.FromSeconds(2));
        var error = await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(queued));
        Assert.Equal("ISlowGrain.PassGateQuickly of grain slow/text did not answer within 1 s: it waits behind ISlowGrain.PassGate (sent 1.1 s ago).",
            error.Message);
        time.Advance(TimeSpan.FromSeconds(30));
        error = await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(running));
        Assert.Contains("it is still running", error.Message, StringComparison.Ordinal);
        Gate.Of("slow-text").Open();
    }

    [Fact]
    public async Task A_timeout_says_that_the_grain_is_still_activating()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var call = cluster.Grains.GetGrain<ISlowlyBornGrain>("text").IsBorn();
        await Gate.Of("born-text").ArrivalAsync();
        time.Advance(TimeSpan.FromSeconds(6));
        var error = await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(call));
        Assert.EndsWith("the grain is still activating.", error.Message, StringComparison.Ordinal);
        Gate.Of("born-text").Open();
    }
}
