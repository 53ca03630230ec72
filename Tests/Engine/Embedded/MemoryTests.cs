using System.Runtime.CompilerServices;
using Hearth.Tests.Support;
using Orleans;
using Orleans.Runtime;

namespace Hearth.Tests.Engine.Embedded;

/// <summary>What has ended is let go, whatever goes on; what is shared is not copied.</summary>
public sealed class MemoryTests
{
    [Fact]
    public async Task A_call_that_timed_out_is_not_kept_by_the_grain_that_it_waited_for()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(time: time);
        var grain = cluster.Grains.GetGrain<IHolderGrain>("timed-out");
        _ = grain.PassGate("holder-timed-out");
        await Gate.Of("holder-timed-out").ArrivalAsync();
        var payload = await Given(async payload =>
        {
            var call = grain.Take(payload);
            time.Advance(TimeSpan.FromSeconds(31));
            await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(call));
        });
        time.Advance(TimeSpan.FromSeconds(1));
        await AssertCollected(payload);
        Gate.Of("holder-timed-out").Open();
    }

    [Fact]
    public async Task A_call_that_has_ended_is_not_kept_by_its_token()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var source = new CancellationTokenSource();
        var grain = cluster.Grains.GetGrain<IHolderGrain>("token");
        var payload = await Given(payload => grain.TakeCancellable(payload, source.Token));
        await AssertCollected(payload);
    }

    [Fact]
    public async Task A_line_of_calls_each_made_by_the_one_before_is_not_kept_by_its_last()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IHolderGrain>("line");
        var payload = await Given(payload => grain.TakeAndGoOn(payload, 3));
        await Gate.Of("line").ArrivalAsync();
        await AssertCollected(payload);
        Gate.Of("line").Open();
    }

    [Fact]
    public async Task An_activation_that_has_ended_is_not_kept_by_references_to_its_grain()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IHolderGrain>("referred");
        var payload = await Given(async payload =>
        {
            await grain.Keep(payload);
            await grain.End();
        });
        await AssertCollected(payload);
        GC.KeepAlive(grain);
    }

    [Fact]
    public async Task A_result_promised_immutable_is_shared()
    {
        await using var cluster = await TestCluster.StartAsync();
        var bytes = new byte[] { 1 };
        Assert.Same(bytes, await cluster.Grains.GetGrain<IHolderGrain>("shared").Echo(bytes));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> Given(Func<byte[], Task> use)
    {
        var payload = new byte[100];
        var reference = new WeakReference(payload);
        await use(payload);
        return reference;
    }

    /// <summary>Threads that have just let go may keep a value on their stacks for a moment.</summary>
    private static async Task AssertCollected(WeakReference payload)
    {
        for (var i = 0; i < 100 && payload.IsAlive; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            GC.Collect();
        }
        Assert.False(payload.IsAlive);
    }
}

public interface IHolderGrain : IGrainWithStringKey
{
    Task PassGate(string gate);
    Task Take([Immutable] byte[] payload);
    Task TakeCancellable([Immutable] byte[] payload, CancellationToken cancellation);
    Task TakeAndGoOn([Immutable] byte[]? payload, int left);
    Task Keep([Immutable] byte[] payload);
    Task End();

    [return: Immutable]
    Task<byte[]> Echo([Immutable] byte[] payload);
}

public sealed class HeldState
{
    public byte[]? Payload { get; set; }
}

public sealed class HolderGrain([PersistentState("held")] IPersistentState<HeldState> state) : Grain, IHolderGrain
{
    public Task PassGate(string gate) => Gate.Of(gate).PassAsync();
    public Task<byte[]> Echo(byte[] payload) => Task.FromResult(payload);
    public Task Take(byte[] payload) => Task.CompletedTask;
    public Task TakeCancellable(byte[] payload, CancellationToken cancellation) => Task.CompletedTask;

    public Task TakeAndGoOn(byte[]? payload, int left)
    {
        if (left == 0)
            return Gate.Of(this.GetPrimaryKeyString()).PassAsync();
        _ = GrainFactory.GetGrain<IHolderGrain>(this.GetPrimaryKeyString()).TakeAndGoOn(null, left - 1);
        return Task.CompletedTask;
    }

    public Task Keep(byte[] payload)
    {
        state.State.Payload = payload;
        return Task.CompletedTask;
    }

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
