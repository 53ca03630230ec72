using Hearth.Tests.Support;
using Orleans;
using Orleans.Runtime;

namespace Hearth.Tests.Engine;

public sealed class RequestContextTests
{
    [Fact]
    public async Task Values_travel_with_a_call_and_the_calls_it_makes()
    {
        await using var cluster = await TestCluster.StartAsync();
        RequestContext.Set("tenant", "t1");
        Assert.Equal("t1 t1", await cluster.Grains.GetGrain<IContextGrain>("flows").Read("tenant", "flows-on"));
        RequestContext.Clear();
        Assert.Equal("none none", await cluster.Grains.GetGrain<IContextGrain>("flows").Read("tenant", "flows-on"));
    }

    [Fact]
    public async Task Values_do_not_come_back_nor_reach_the_next_call()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IContextGrain>("stays");
        await grain.Set("inner", "x");
        Assert.Null(RequestContext.Get("inner"));
        Assert.Equal("none none", await grain.Read("inner", "stays-on"));
    }

    [Fact]
    public async Task Values_do_not_reach_the_call_that_waits_behind()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IContextGrain>("behind");
        var first = grain.ReadAfterGate("inner", "inner", "context-behind");
        await Gate.Of("context-behind").ArrivalAsync();
        var setting = grain.Set("inner", "x");
        var reading = grain.Read("inner", null);
        Gate.Of("context-behind").Open();
        await Task.WhenAll(first, setting);
        Assert.Equal("none", await reading);
    }

    [Fact]
    public async Task Values_reach_the_activation_that_a_call_brings_about()
    {
        await using var cluster = await TestCluster.StartAsync();
        RequestContext.Set("tenant", "t2");
        Assert.Equal("t2", await cluster.Grains.GetGrain<IContextGrain>("activated").AtActivation());
        RequestContext.Clear();
    }

    [Theory]
    [InlineData("set")]
    [InlineData("removed")]
    public async Task A_call_keeps_the_values_that_it_was_made_with_whatever_is_later(string what)
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IContextGrain>(what);
        RequestContext.Set("tenant", "before");
        RequestContext.Set("other", "before");
        var call = grain.ReadAfterGate("tenant", "other", $"context-{what}");
        await Gate.Of($"context-{what}").ArrivalAsync();
        if (string.Equals(what, "set", StringComparison.Ordinal))
            RequestContext.Set("tenant", "after");
        else
            RequestContext.Remove("other");
        Gate.Of($"context-{what}").Open();
        Assert.Equal("before before", await call);
        RequestContext.Clear();
    }

    [Fact]
    public void Values_can_be_listed_and_removed()
    {
        RequestContext.Set("a", 1);
        RequestContext.Set("b", 2);
        Assert.Equal("ab", string.Concat(RequestContext.Keys.Order(StringComparer.Ordinal)));
        Assert.True(RequestContext.Remove("a"));
        Assert.False(RequestContext.Remove("a"));
        Assert.Equal(2, Assert.Single(RequestContext.Entries).Value);
        RequestContext.Clear();
        Assert.Empty(RequestContext.Keys);
    }
}

public interface IContextGrain : IGrainWithStringKey
{
    Task<string> Read(string key, string? next);
    Task Set(string key, string value);
    Task<string> AtActivation();
    Task<string> ReadAfterGate(string key, string other, string gate);
}

public sealed class ContextGrain : Grain, IContextGrain
{
    private string _atActivation = "none";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _atActivation = RequestContext.Get("tenant") as string ?? "none";
        return Task.CompletedTask;
    }

    public Task<string> AtActivation() => Task.FromResult(_atActivation);

    public async Task<string> ReadAfterGate(string key, string other, string gate)
    {
        await Gate.Of(gate).PassAsync();
        return $"{RequestContext.Get(key)} {RequestContext.Get(other)}";
    }

    public async Task<string> Read(string key, string? next)
    {
        var own = RequestContext.Get(key) as string ?? "none";
        await Task.Yield();
        return next is null ? own : $"{own} {await GrainFactory.GetGrain<IContextGrain>(next).Read(key, null)}";
    }

    // Not async on purpose: nothing but the engine puts the flow back.
    public Task Set(string key, string value)
    {
        RequestContext.Set(key, value);
        return Task.CompletedTask;
    }
}
