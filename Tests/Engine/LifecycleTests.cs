using System.Collections.Concurrent;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Hearth.Tests.Engine;

public sealed class LifecycleTests
{
    [Fact]
    public async Task Stages_start_in_order_before_activation_and_stop_in_reverse_after_deactivation()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IStagedGrain>("stages");
        await grain.Ping();
        await grain.End();
        await grain.Ping();
        Assert.Equal(
            [
                "SetupState starts", "Activate starts", "OnActivateAsync", "OnDeactivateAsync", "Activate stops", "SetupState stops", "disposed",
                "SetupState starts", "Activate starts", "OnActivateAsync",
            ],
            StagedGrain.HistoryOf("stages"));
    }

    [Theory]
    [InlineData("fails-OnDeactivateAsync")]
    [InlineData("fails-disposed")]
    public async Task A_grain_whose_clean_up_fails_ends_all_the_same(string key)
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IStagedGrain>(key);
        var first = await grain.End();
        Assert.NotEqual(first, await grain.End().WaitAsync(Gate.Patience));
    }

    [Fact]
    public async Task A_grain_ends_although_what_its_timers_token_cancels_fails()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IStagedGrain>("fails-token");
        await grain.StartTimer();
        await Gate.Of("fails-token").ArrivalAsync();
        await grain.End();
        await grain.Ping().WaitAsync(Gate.Patience);
        Assert.Contains("OnDeactivateAsync", StagedGrain.HistoryOf("fails-token"));
    }

    [Theory]
    [InlineData("fails-SetupState starts")]
    [InlineData("fails-OnActivateAsync")]
    public async Task A_grain_that_fails_to_begin_is_disposed_of(string key)
    {
        await using var cluster = await TestCluster.StartAsync();
        await Assert.ThrowsAsync<FormatException>(cluster.Grains.GetGrain<IStagedGrain>(key).Ping);
        Assert.Equal("disposed", StagedGrain.HistoryOf(key).Last());
    }

    [Fact]
    public async Task A_disposable_grain_is_disposed_of()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IDisposableGrain>("disposable");
        await grain.Ping();
        Assert.False(DisposableGrain.WasDisposed);
        await cluster.StopAsync();
        Assert.True(DisposableGrain.WasDisposed);
    }

    [Fact]
    public async Task Activation_and_deactivation_have_thirty_seconds_each_unless_told_otherwise()
    {
        await using var cluster = await TestCluster.StartAsync();
        var options = cluster.Services.GetRequiredService<IOptions<GrainCollectionOptions>>().Value;
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30)), (options.ActivationTimeout, options.DeactivationTimeout));
    }

    [Fact]
    public async Task Activation_that_takes_too_long_has_its_token_cancelled()
    {
        await using var cluster = await TestCluster.StartAsync(
            silo => silo.Services.Configure<GrainCollectionOptions>(o => o.ActivationTimeout = TimeSpan.FromSeconds(1)));
        var call = cluster.Grains.GetGrain<IStagedGrain>("waits-OnActivateAsync").Ping();
        await Gate.Of("waits-OnActivateAsync").ArrivalAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => Gate.EndOf(call));
        await Gate.Of("waits-OnActivateAsync-cancelled").ArrivalAsync();
    }

    [Fact]
    public async Task Deactivation_that_takes_too_long_has_its_token_cancelled()
    {
        await using var cluster = await TestCluster.StartAsync(
            silo => silo.Services.Configure<GrainCollectionOptions>(o => o.DeactivationTimeout = TimeSpan.FromSeconds(1)));
        await cluster.Grains.GetGrain<IStagedGrain>("waits-OnDeactivateAsync").End();
        await Gate.Of("waits-OnDeactivateAsync").ArrivalAsync();
        await Gate.Of("waits-OnDeactivateAsync-cancelled").ArrivalAsync();
    }

    [Fact]
    public async Task The_hosts_shutdown_time_cancels_deactivation_too()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Grains.GetGrain<IStagedGrain>("waits-OnDeactivateAsync-stop").Ping();
        using var patience = new CancellationTokenSource();
        var stop = cluster.StopAsync(patience.Token);
        await Gate.Of("waits-OnDeactivateAsync-stop").ArrivalAsync();
        await patience.CancelAsync();
        await Gate.Of("waits-OnDeactivateAsync-stop-cancelled").ArrivalAsync();
        await Gate.EndOf(stop);
    }
}

public interface IStagedGrain : IGrainWithStringKey
{
    Task Ping();
    Task<Guid> End();
    Task StartTimer();
}

/// <summary>Writes down what happens to it. Its key may name the point where it fails, or where it waits to be cancelled.</summary>
public sealed class StagedGrain : Grain, IStagedGrain, ILifecycleParticipant<IGrainLifecycle>, IAsyncDisposable
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> s_history = new(StringComparer.Ordinal);
    private readonly Guid _id = Guid.NewGuid();

    private string Key => this.GetPrimaryKeyString();

    public static string[] HistoryOf(string key) => [.. s_history[key]];

    // Not in the order of the stages.
    public void Participate(IGrainLifecycle lifecycle)
    {
        lifecycle.Subscribe("test", GrainLifecycleStage.Activate, t => Note("Activate starts", t), t => Note("Activate stops", t));
        lifecycle.Subscribe("test", GrainLifecycleStage.SetupState, t => Note("SetupState starts", t), t => Note("SetupState stops", t));
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken) => Note("OnActivateAsync", cancellationToken);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        Note("OnDeactivateAsync", cancellationToken);

    public ValueTask DisposeAsync() => new(Note("disposed", default));

    public Task Ping() => Task.CompletedTask;

    public Task<Guid> End()
    {
        DeactivateOnIdle();
        return Task.FromResult(_id);
    }

    public Task StartTimer()
    {
        this.RegisterGrainTimer(
            token =>
            {
                token.Register(static () => throw new FormatException("cancelled"));
                _ = Gate.Of(Key).PassAsync();
                return Task.CompletedTask;
            },
            TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    private async Task Note(string what, CancellationToken cancellation)
    {
        await Task.Yield();
        s_history.GetOrAdd(Key, static _ => new()).Enqueue(what);
        if (string.Equals(Key, $"fails-{what}", StringComparison.Ordinal))
            throw new FormatException(what);
        if (Key.StartsWith($"waits-{what}", StringComparison.Ordinal))
            await CancelledAsync(cancellation);
    }

    private async Task CancelledAsync(CancellationToken cancellation)
    {
        try
        {
            await Gate.Of(Key).PassAsync().WaitAsync(cancellation);
        }
        finally
        {
            _ = Gate.Of($"{Key}-cancelled").PassAsync();
        }
    }
}

public interface IDisposableGrain : IGrainWithStringKey
{
    Task Ping();
}

public sealed class DisposableGrain : Grain, IDisposableGrain, IDisposable
{
    public static bool WasDisposed { get; private set; }

    public Task Ping() => Task.CompletedTask;
    public void Dispose() => WasDisposed = true;
}
