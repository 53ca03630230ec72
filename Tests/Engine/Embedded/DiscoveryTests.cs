using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Runtime;

namespace Hearth.Tests.Engine.Embedded;

/// <summary>What a developer is told who has made a mistake. Orleans says some of it at build time.</summary>
public sealed class DiscoveryTests
{
    [Fact]
    public async Task An_interface_without_a_class_is_named()
    {
        await using var cluster = await TestCluster.StartAsync();
        var error = Assert.Throws<ArgumentException>(() => cluster.Grains.GetGrain<INobodyGrain>("x"));
        Assert.Contains($"No grain class implements {typeof(INobodyGrain).FullName}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_classes_of_one_interface_are_named_and_a_prefix_picks_one()
    {
        await using var cluster = await TestCluster.StartAsync();
        var error = Assert.Throws<ArgumentException>(() => cluster.Grains.GetGrain<ITwinGrain>("x"));
        Assert.Contains(nameof(LeftTwinGrain), error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(RightTwinGrain), error.Message, StringComparison.Ordinal);
        Assert.Equal("right", await cluster.Grains.GetGrain<ITwinGrain>("x", typeof(RightTwinGrain).FullName).Name());
    }

    [Fact]
    public async Task An_internal_interface_works_and_a_private_one_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Equal(1, await cluster.Grains.GetGrain<IInternalGrain>("x").One());
        var error = Assert.Throws<ArgumentException>(() => cluster.Grains.GetGrain<IPrivateGrain>("x"));
        Assert.Contains("is private or protected", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(IReturnsIntGrain), "method Wrong that returns Int32")]
    [InlineData(typeof(IPropertyGrain), "accessor get_Wrong")]
    [InlineData(typeof(IByRefGrain), "parameter number is by reference")]
    [InlineData(typeof(IGenericMethodGrain), "generic method Wrong")]
    [InlineData(typeof(IUncopyableGrain), "System.Text.StringBuilder cannot be copied (parameter text of IUncopyableGrain.Wrong)")]
    [InlineData(typeof(IUnmarkedGrain), "Unmarked cannot be copied (result of IUnmarkedGrain.Wrong)")]
    public async Task A_member_that_no_call_can_carry_is_named_with_the_remedy(Type grainInterface, string expected)
    {
        await using var cluster = await TestCluster.StartAsync();
        var error = Assert.Throws<ArgumentException>(() => cluster.Grains.GetGrain(grainInterface, "x"));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_turns_out_not_to_be_copyable_is_named_at_the_call()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IAnythingGrain>("x");
        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<ArgumentException>(() => grain.Take(new System.Text.StringBuilder()));
            Assert.Contains("System.Text.StringBuilder cannot be copied", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_result_that_turns_out_not_to_be_copyable_fails_the_call()
    {
        await using var cluster = await TestCluster.StartAsync();
        var call = cluster.Grains.GetGrain<IAnythingGrain>("x").Give();
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Gate.EndOf(call));
        Assert.Contains("System.Text.StringBuilder cannot be copied", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_key_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Throws<ArgumentNullException>(() => cluster.Grains.GetGrain<IMortalGrain>(null!));
        Assert.Throws<ArgumentException>(() => cluster.Grains.GetGrain<IMortalGrain>(""));
    }

    [Fact]
    public async Task A_call_before_the_host_has_started_says_so()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.UseOrleans(_ => { });
        using var host = builder.Build();
        var grain = host.Services.GetRequiredService<IGrainFactory>().GetGrain<IMortalGrain>("early");
        var error = await Assert.ThrowsAsync<SiloUnavailableException>(grain.Activation);
        Assert.Contains("before its host has started", error.Message, StringComparison.Ordinal);
    }

    private interface IPrivateGrain : IGrainWithStringKey;

    private sealed class PrivateGrain : Grain, IPrivateGrain;
}

public interface INobodyGrain : IGrainWithStringKey;

public interface ITwinGrain : IGrainWithStringKey
{
    Task<string> Name();
}

public sealed class LeftTwinGrain : Grain, ITwinGrain
{
    public Task<string> Name() => Task.FromResult("left");
}

public sealed class RightTwinGrain : Grain, ITwinGrain
{
    public Task<string> Name() => Task.FromResult("right");
}

internal interface IInternalGrain : IGrainWithStringKey
{
    Task<int> One();
}

internal sealed class InternalGrain : Grain, IInternalGrain
{
    public Task<int> One() => Task.FromResult(1);
}

public interface IReturnsIntGrain : IGrainWithStringKey
{
    int Wrong();
}

public interface IPropertyGrain : IGrainWithStringKey
{
    Task Wrong { get; }
}

public interface IByRefGrain : IGrainWithStringKey
{
    Task Wrong(ref int number);
}

public interface IGenericMethodGrain : IGrainWithStringKey
{
    Task Wrong<T>(T value);
}

public interface IUncopyableGrain : IGrainWithStringKey
{
    Task Wrong(System.Text.StringBuilder text);
}

public interface IUnmarkedGrain : IGrainWithStringKey
{
    Task<Unmarked> Wrong();
}

public sealed class Unmarked
{
    public int Value { get; set; }
}

public interface IAnythingGrain : IGrainWithStringKey
{
    Task Take(object anything);
    Task<object> Give();
}

public sealed class WrongGrain : Grain, IReturnsIntGrain, IPropertyGrain, IByRefGrain, IGenericMethodGrain, IUncopyableGrain, IUnmarkedGrain, IAnythingGrain
{
    Task IPropertyGrain.Wrong => Task.CompletedTask;
    int IReturnsIntGrain.Wrong() => 1;
    Task IByRefGrain.Wrong(ref int number) => Task.CompletedTask;
    Task IGenericMethodGrain.Wrong<T>(T value) => Task.CompletedTask;
    Task IUncopyableGrain.Wrong(System.Text.StringBuilder text) => Task.CompletedTask;
    Task<Unmarked> IUnmarkedGrain.Wrong() => Task.FromResult(new Unmarked());
    public Task Take(object anything) => Task.CompletedTask;
    public Task<object> Give() => Task.FromResult<object>(new System.Text.StringBuilder());
}
