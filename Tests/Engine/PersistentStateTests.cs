using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Hearth.Tests.Engine;

public sealed class PersistentStateTests
{
    [Fact]
    public async Task State_is_read_before_activation_and_survives_it()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<INotebookGrain>("survives");
        Assert.Equal("at activation: 0 notes", await grain.AtActivation());
        await grain.Write("one");
        await grain.End();
        Assert.Equal("at activation: 1 notes", await grain.AtActivation());
        Assert.Equal(["one"], await grain.Read());
    }

    [Fact]
    public async Task What_is_not_written_is_gone_after_the_activation()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<INotebookGrain>("unwritten");
        await grain.Write("kept");
        await grain.ChangeOnly("lost");
        Assert.Equal(["kept", "lost"], await grain.Read());
        await grain.End();
        Assert.Equal(["kept"], await grain.Read());
    }

    [Fact]
    public async Task Cleared_state_is_fresh_again()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<INotebookGrain>("cleared");
        await grain.Write("one");
        Assert.True(await grain.Exists());
        await grain.Clear();
        Assert.False(await grain.Exists());
        Assert.Empty(await grain.Read());
    }

    [Fact]
    public async Task A_write_over_somebody_elses_fails_and_ends_the_activation_so_that_the_next_reads_afresh()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<INotebookGrain>("conflict");
        await grain.Write("mine");
        var storage = cluster.Services.GetRequiredKeyedService<IGrainStorage>("Default");
        var other = new GrainState<Notebook>();
        await storage.ReadStateAsync("notes", grain.GetGrainId(), other);
        other.State!.Notes.Add("theirs");
        await storage.WriteStateAsync("notes", grain.GetGrainId(), other);

        await Assert.ThrowsAsync<InconsistentStateException>(() => grain.Write("over"));
        Assert.Equal(["mine", "theirs"], await grain.Read());
        await grain.Write("after");
        Assert.Equal(["mine", "theirs", "after"], await grain.Read());
    }

    [Fact]
    public async Task Storage_refuses_whoever_has_not_seen_the_last_version()
    {
        await using var cluster = await TestCluster.StartAsync();
        var storage = cluster.Services.GetRequiredKeyedService<IGrainStorage>("Default");
        var id = GrainId.Create("notebook", "versions");
        GrainState<Notebook> first = new(new()), unaware = new(new()), late = new();
        await storage.WriteStateAsync("notes", id, first);
        await storage.ReadStateAsync("notes", id, late);
        Assert.Equal(first.ETag, late.ETag);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("notes", id, unaware));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("notes", id, unaware));
        await storage.WriteStateAsync("notes", id, first);
        Assert.NotEqual(first.ETag, late.ETag);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("notes", id, late));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("notes", id, late));
        await storage.ReadStateAsync("notes", id, late);
        Assert.True(late.RecordExists);
    }

    [Fact]
    public async Task A_conflict_ends_only_the_grain_whose_state_it_is_about()
    {
        await using var cluster = await TestCluster.StartAsync();
        var caller = cluster.Grains.GetGrain<INotebookGrain>("conflict-caller");
        var before = await caller.Activation();
        var callee = cluster.Grains.GetGrain<INotebookGrain>("conflict-callee");
        await callee.Write("mine");
        var storage = cluster.Services.GetRequiredKeyedService<IGrainStorage>("Default");
        var other = new GrainState<Notebook>();
        await storage.ReadStateAsync("notes", callee.GetGrainId(), other);
        await storage.WriteStateAsync("notes", callee.GetGrainId(), other);
        var calleeBefore = await callee.Activation();
        await Assert.ThrowsAsync<InconsistentStateException>(() => caller.WriteTo("conflict-callee", "over"));
        Assert.NotEqual(calleeBefore, await callee.Activation());
        Assert.Equal(before, await caller.Activation());
    }

    [Fact]
    public async Task Reading_again_takes_back_what_was_not_written()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<INotebookGrain>("again");
        await grain.Write("kept");
        await grain.ChangeOnly("lost");
        await grain.ReadAgain();
        Assert.Equal(["kept"], await grain.Read());
    }

    [Fact]
    public async Task A_missing_storage_provider_fails_the_call_and_is_named()
    {
        await using var cluster = await TestCluster.StartAsync();
        var error = await Failure.WithAsync<OrleansException>(cluster.Grains.GetGrain<IHomelessGrain>("homeless").Ping);
        Assert.Contains("nowhere", error.Message, StringComparison.Ordinal);
    }

    // Orleans names the provider alone.
    [Trait("Engine", "Embedded")]
    [Fact]
    public async Task Who_misses_a_storage_provider_is_named()
    {
        await using var cluster = await TestCluster.StartAsync();
        var error = await Assert.ThrowsAnyAsync<OrleansException>(cluster.Grains.GetGrain<IHomelessGrain>("homeless").Ping);
        Assert.Contains(nameof(HomelessGrain), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Storage_is_any_keyed_service_of_that_name()
    {
        var storage = new FailingStorage();
        await using var cluster = await TestCluster.StartAsync(silo => silo.Services.AddKeyedSingleton<IGrainStorage>("nowhere", storage));
        Assert.Equal("disk", (await Failure.WithAsync<IOException>(cluster.Grains.GetGrain<IHomelessGrain>("custom").Ping)).Message);
        storage.Works = true;
        await cluster.Grains.GetGrain<IHomelessGrain>("custom").Ping();
    }

    private sealed class FailingStorage : IGrainStorage
    {
        public bool Works { get; set; }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
            Works ? Task.CompletedTask : Task.FromException(new IOException("disk"));

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;
        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;
    }
}

[GenerateSerializer]
public sealed class Notebook
{
    [Id(0)]
    public List<string> Notes { get; set; } = [];
}

public interface INotebookGrain : IGrainWithStringKey
{
    Task<string> AtActivation();
    Task Write(string note);
    Task ChangeOnly(string note);
    Task<List<string>> Read();
    Task<bool> Exists();
    Task Clear();
    Task End();
    Task ReadAgain();
    Task<Guid> Activation();
    Task WriteTo(string key, string note);
}

public sealed class NotebookGrain([PersistentState("notes")] IPersistentState<Notebook> state) : Grain, INotebookGrain
{
    private readonly Guid _id = Guid.NewGuid();
    private string _atActivation = "";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _atActivation = $"at activation: {state.State.Notes.Count} notes";
        return Task.CompletedTask;
    }

    public Task<string> AtActivation() => Task.FromResult(_atActivation);

    public Task Write(string note)
    {
        state.State.Notes.Add(note);
        return state.WriteStateAsync();
    }

    public Task ChangeOnly(string note)
    {
        state.State.Notes.Add(note);
        return Task.CompletedTask;
    }

    public Task<List<string>> Read() => Task.FromResult(state.State.Notes);
    public Task<bool> Exists() => Task.FromResult(state.RecordExists);
    public Task ReadAgain() => state.ReadStateAsync();
    public Task<Guid> Activation() => Task.FromResult(_id);
    public Task WriteTo(string key, string note) => GrainFactory.GetGrain<INotebookGrain>(key).Write(note);
    public Task Clear() => state.ClearStateAsync();

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

public interface IHomelessGrain : IGrainWithStringKey
{
    Task Ping();
}

public sealed class HomelessGrain([PersistentState("state", "nowhere")] IPersistentState<Notebook> state) : Grain, IHomelessGrain
{
    public Task Ping() => state.State is null ? throw new InvalidOperationException("no state") : Task.CompletedTask;
}
