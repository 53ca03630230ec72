using System.Text;
using Hearth.Functions.Payloads;
using Hearth.Objects;
using Hearth.Storage;
using Hearth.Tests.Functions;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Hearth.Tests.Objects;

/// <summary>An object whose store fails.</summary>
public sealed class ObjectGrainTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_write_that_failed_the_next_operation_goes_on_from_what_is_stored(bool isStored)
    {
        var storage = new FailingStorage();
        await using var cluster = await StartAsync(storage);
        var cart = cluster.Grains.GetGrain<IObjectGrain>("default/cart/ada");
        await AddAsync(cart, "tea");

        storage.Failure = isStored ? new OutcomeUnknownException("lost in the commit") : new StoreUnavailableException("full");
        await Assert.ThrowsAnyAsync<StoreUnavailableException>(() => AddAsync(cart, "jam"));
        storage.Failure = null;

        Assert.Equal(isStored ? "tea,jam" : "tea", await NamesAsync(cart));
        await AddAsync(cart, "egg");
        Assert.Equal(isStored ? "tea,jam,egg" : "tea,egg", await NamesAsync(cart));
    }

    [Fact]
    public async Task A_delete_that_failed_leaves_the_state()
    {
        var storage = new FailingStorage();
        await using var cluster = await StartAsync(storage);
        var cart = cluster.Grains.GetGrain<IObjectGrain>("default/cart/ada");
        await AddAsync(cart, "tea");
        storage.Failure = new StoreUnavailableException("full");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => cart.DeleteAsync(default));
        storage.Failure = null;
        Assert.Equal("tea", await NamesAsync(cart));
        Assert.True(await cart.DeleteAsync(default));
        Assert.Null(await cart.ShowAsync(default));
    }

    [Fact]
    public async Task An_operation_that_the_silo_does_not_know_is_told_so()
    {
        await using var cluster = await StartAsync(new FailingStorage());
        var call = new ObjectCall("nothing", MediaTypes.Json, default);
        Assert.Equal(ObjectEnd.Unknown, (await cluster.Grains.GetGrain<IObjectGrain>("default/cart/ada").RunAsync(call, default)).End);
        Assert.Equal(ObjectEnd.Unknown, (await cluster.Grains.GetGrain<IObjectGrain>("default/trolley/ada").RunAsync(call, default)).End);
        // A change is no read, whoever says so.
        Assert.Equal(ObjectEnd.Unknown, (await cluster.Grains.GetGrain<IObjectGrain>("default/cart/ada").ReadAsync(call with { Operation = "add" }, default)).End);
    }

    private static async Task AddAsync(IObjectGrain cart, string name)
    {
        var call = new ObjectCall("add", MediaTypes.Json, Encoding.UTF8.GetBytes($$"""{"name":"{{name}}","price":1}"""));
        Assert.Equal(ObjectEnd.Succeeded, (await cart.RunAsync(call, default)).End);
    }

    private static async Task<string> NamesAsync(IObjectGrain cart)
    {
        var answer = await cart.ReadAsync(new ObjectCall("names", MediaTypes.Json, default), default);
        return Encoding.UTF8.GetString(answer.Output.Span).Trim('"');
    }

    private static Task<TestCluster> StartAsync(FailingStorage storage)
    {
        var builder = new ObjectBuilder<Cart>();
        builder.On("add", (Cart state, Item item) => state.Items.Add(item));
        builder.OnRead("names", (Cart state) => string.Join(',', state.Items.Select(i => i.Name)));
        return TestCluster.StartAsync(silo =>
        {
            silo.Services.AddSingleton(new ObjectRegistry([ServedObject.Create<Cart>("cart", new ObjectOptions(), builder.Operations, TestHost.Create())]));
            silo.Services.RemoveAllKeyed<IGrainStorage>("Default");
            silo.Services.AddKeyedSingleton<IGrainStorage>("Default", storage);
        });
    }

    /// <summary>Keeps JSON in memory; fails when told to, having stored what it was lost with in the commit.</summary>
    private sealed class FailingStorage : IGrainStorage
    {
        private readonly Dictionary<GrainId, (object State, string ETag)> rows = [];
        private int etags;

        public Exception? Failure { get; set; }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            grainState.RecordExists = rows.TryGetValue(grainId, out var row);
            if (grainState.RecordExists)
                (grainState.State, grainState.ETag) = ((T)row.State, row.ETag);
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (Failure is not (null or OutcomeUnknownException))
                return Task.FromException(Failure);
            if (rows.GetValueOrDefault(grainId).ETag != grainState.ETag)
                return Task.FromException(new InconsistentStateException("another was first"));
            rows[grainId] = (grainState.State!, $"{++etags}");
            if (Failure is not null)
                return Task.FromException(Failure);
            (grainState.ETag, grainState.RecordExists) = (rows[grainId].ETag, true);
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (Failure is not null)
                return Task.FromException(Failure);
            rows.Remove(grainId);
            (grainState.ETag, grainState.RecordExists) = (null, false);
            return Task.CompletedTask;
        }
    }
}
