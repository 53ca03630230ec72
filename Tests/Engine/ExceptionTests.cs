using System.Runtime.CompilerServices;
using Hearth.Tests.Support;
using Orleans;

namespace Hearth.Tests.Engine;

public sealed class ExceptionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_grain_throws_reaches_the_caller_with_its_stack(bool afterAwait)
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IThrowingGrain>("throws");
        var error = await Assert.ThrowsAsync<FormatException>(() => grain.Throw("bad", afterAwait));
        Assert.Equal("bad", error.Message);
        Assert.Contains("ThrowHelper", error.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grain_lives_on_after_it_threw()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IThrowingGrain>("lives");
        var before = await grain.Activation();
        await Assert.ThrowsAsync<FormatException>(() => grain.Throw("bad", afterAwait: true));
        Assert.Equal(before, await grain.Activation());
    }

    [Fact]
    public async Task A_cancelled_task_of_a_grain_is_a_cancelled_call()
    {
        await using var cluster = await TestCluster.StartAsync();
        var call = cluster.Grains.GetGrain<IThrowingGrain>("cancels").Cancelled();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call);
    }

    [Fact]
    public async Task An_exception_crosses_several_grains()
    {
        await using var cluster = await TestCluster.StartAsync();
        var error = await Assert.ThrowsAsync<FormatException>(() => cluster.Grains.GetGrain<IThrowingGrain>("outer").ThrowOver("inner"));
        Assert.Equal("from inner", error.Message);
    }
}

public interface IThrowingGrain : IGrainWithStringKey
{
    Task<int> Throw(string message, bool afterAwait);
    Task ThrowOver(string key);
    ValueTask<int> Cancelled();
    ValueTask<Guid> Activation();
}

public sealed class ThrowingGrain : Grain, IThrowingGrain
{
    private readonly Guid _id = Guid.NewGuid();

    public Task<int> Throw(string message, bool afterAwait) => afterAwait ? ThrowLater(message) : ThrowHelper(message);
    public async Task ThrowOver(string key) => await GrainFactory.GetGrain<IThrowingGrain>(key).Throw($"from {key}", afterAwait: true);
    public ValueTask<int> Cancelled() => new(Task.FromCanceled<int>(new CancellationToken(canceled: true)));
    public ValueTask<Guid> Activation() => new(_id);

    private static async Task<int> ThrowLater(string message)
    {
        await Task.Yield();
        return await ThrowHelper(message);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<int> ThrowHelper(string message) => throw new FormatException(message);
}
