using Hearth.Tests.Support;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Hearth.Tests.Engine;

public sealed class ActivationTests
{
    [Fact]
    public async Task A_grain_is_activated_by_its_first_call()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IBornGrain>("first");
        Assert.Equal(["constructed", "activated", "called"], await grain.History());
    }

    [Fact]
    public async Task Later_calls_reach_the_same_activation_through_any_reference()
    {
        await using var cluster = await TestCluster.StartAsync();
        var first = await cluster.Grains.GetGrain<IBornGrain>("same").Activation();
        Assert.Equal(first, await cluster.Grains.GetGrain<IBornGrain>("same").Activation());
        Assert.NotEqual(first, await cluster.Grains.GetGrain<IBornGrain>("other").Activation());
    }

    [Fact]
    public async Task A_grain_knows_its_key_and_its_id()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IBornGrain>("pool/queue/7");
        Assert.Equal("pool/queue/7", grain.GetPrimaryKeyString());
        Assert.Equal("pool/queue/7 born/pool/queue/7", await grain.Names());
        Assert.Equal(GrainId.Create("born", "pool/queue/7"), grain.GetGrainId());
    }

    [Fact]
    public async Task A_failing_constructor_reaches_the_caller_and_the_next_call_tries_afresh()
    {
        await using var cluster = await TestCluster.StartAsync();
        StillbornGrain.Failures["ctor"] = 1;
        var grain = cluster.Grains.GetGrain<IStillbornGrain>("ctor");
        Assert.Equal("no ctor today", (await Failure.WithAsync<FormatException>(grain.Ping)).Message);
        await grain.Ping();
    }

    [Fact]
    public async Task A_failing_activation_reaches_all_waiting_callers_and_the_next_call_tries_afresh()
    {
        await using var cluster = await TestCluster.StartAsync();
        StillbornGrain.Failures["activate"] = 1;
        var grain = cluster.Grains.GetGrain<IStillbornGrain>("activate");
        var calls = new List<Task> { grain.Ping() };
        await Gate.Of("activate").ArrivalAsync();
        calls.AddRange([grain.Ping(), grain.Ping()]);
        Gate.Of("activate").Open();
        foreach (var call in calls)
            await Assert.ThrowsAsync<FormatException>(() => Gate.EndOf(call));
        await grain.Ping();
    }

    [Fact]
    public async Task A_constructor_without_arguments_that_fails_reaches_the_caller_too()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Equal("never", (await Failure.WithAsync<FormatException>(cluster.Grains.GetGrain<IUnbornGrain>("x").Ping)).Message);
    }

    [Fact]
    public async Task No_call_runs_before_the_activation_is_done_not_even_an_interleaving_one()
    {
        await using var cluster = await TestCluster.StartAsync();
        var call = cluster.Grains.GetGrain<ISlowlyBornGrain>("slowly").IsBorn();
        await Gate.Of("born-slowly").ArrivalAsync();
        await Gate.StaysOpen(call);
        Gate.Of("born-slowly").Open();
        Assert.True(await call);
    }

    [Fact]
    public async Task A_thousand_simultaneous_first_calls_make_one_activation()
    {
        await using var cluster = await TestCluster.StartAsync();
        for (var round = 0; round < 20; round++)
        {
            var key = $"rush{round}";
            var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ =>
                Task.Run(() => cluster.Grains.GetGrain<IBornGrain>(key).Activation())));
            Assert.Single(answers.Distinct());
        }
    }
}

public interface IBornGrain : IGrainWithStringKey
{
    Task<List<string>> History();
    Task<Guid> Activation();
    Task<string> Names();
}

public sealed class BornGrain : Grain, IBornGrain
{
    private readonly List<string> _history = ["constructed"];
    private readonly Guid _id = Guid.NewGuid();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _history.Add("activated");
        return Task.CompletedTask;
    }

    public Task<List<string>> History()
    {
        _history.Add("called");
        return Task.FromResult(_history);
    }

    public Task<Guid> Activation() => Task.FromResult(_id);
    public Task<string> Names() => Task.FromResult($"{this.GetPrimaryKeyString()} {IdentityString}");
}

public interface IStillbornGrain : IGrainWithStringKey
{
    Task Ping();
}

public sealed class StillbornGrain : Grain, IStillbornGrain
{
    public static readonly Dictionary<string, int> Failures = [];

    public StillbornGrain(IGrainContext context) => FailIf("ctor", context.GrainId.Key.ToString());

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        if (string.Equals(key, "activate", StringComparison.Ordinal))
            await Gate.Of(key).PassAsync();
        FailIf("activate", key);
    }

    public Task Ping() => Task.CompletedTask;

    private static void FailIf(string point, string key)
    {
        if (string.Equals(key, point, StringComparison.Ordinal) && Failures.TryGetValue(key, out var left) && left > 0)
        {
            Failures[key] = left - 1;
            throw new FormatException($"no {point} today");
        }
    }
}

public interface IUnbornGrain : IGrainWithStringKey
{
    Task Ping();
}

public sealed class UnbornGrain : Grain, IUnbornGrain
{
    public UnbornGrain() => throw new FormatException("never");

    public Task Ping() => Task.CompletedTask;
}

public interface ISlowlyBornGrain : IGrainWithStringKey
{
    [AlwaysInterleave, ResponseTimeout("00:00:05")]
    Task<bool> IsBorn();
}

/// <summary>Activates when the test lets it.</summary>
public sealed class SlowlyBornGrain : Grain, ISlowlyBornGrain
{
    private bool _born;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await Gate.Of($"born-{this.GetPrimaryKeyString()}").PassAsync().WaitAsync(cancellationToken);
        _born = true;
    }

    public Task<bool> IsBorn() => Task.FromResult(_born);
}
