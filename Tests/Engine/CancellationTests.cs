using Hearth.Tests.Support;
using Orleans;

namespace Hearth.Tests.Engine;

public sealed class CancellationTests
{
    [Fact]
    public async Task A_running_call_sees_its_callers_cancellation()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var source = new CancellationTokenSource();
        var call = cluster.Grains.GetGrain<ICancelGrain>("seen").WaitForever("seen", source.Token);
        await Gate.Of("seen").ArrivalAsync();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Gate.Of("seen-cancelled").ArrivalAsync();
    }

    [Fact]
    public async Task The_caller_is_released_even_when_the_grain_ignores_the_token()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var source = new CancellationTokenSource();
        var call = cluster.Grains.GetGrain<ICancelGrain>("ignores").Ignore("ignores", source.Token);
        await Gate.Of("ignores").ArrivalAsync();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Gate.Patience));
        Gate.Of("ignores").Open();
    }

    [Fact]
    public async Task A_queued_call_that_is_cancelled_never_runs()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ICancelGrain>("queued");
        var busy = grain.Ignore("queued", default);
        await Gate.Of("queued").ArrivalAsync();
        using var source = new CancellationTokenSource();
        var queued = grain.Ignore("queued-second", source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        Gate.Of("queued").Open();
        await busy;
        await grain.Ping();
        Assert.True(Gate.Of("queued-second").NobodyElseCame);
    }

    [Fact]
    public async Task A_call_with_a_cancelled_token_is_not_made()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<ICancelGrain>("not-made");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => grain.Ignore("not-made", new CancellationToken(canceled: true)));
        await grain.Ping();
        Assert.True(Gate.Of("not-made").NobodyElseCame);
    }
}

public interface ICancelGrain : IGrainWithStringKey
{
    Task WaitForever(string gate, CancellationToken cancellation);
    Task Ignore(string gate, CancellationToken cancellation);
    Task Ping();
}

public sealed class CancelGrain : Grain, ICancelGrain
{
    public async Task WaitForever(string gate, CancellationToken cancellation)
    {
        var arrived = Gate.Of(gate).PassAsync();
        try
        {
            await arrived.WaitAsync(cancellation);
        }
        finally
        {
            _ = Gate.Of($"{gate}-cancelled").PassAsync();
        }
    }

    public Task Ignore(string gate, CancellationToken cancellation) => Gate.Of(gate).PassAsync();
    public Task Ping() => Task.CompletedTask;
}
