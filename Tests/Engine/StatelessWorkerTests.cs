using Hearth.Tests.Support;
using Orleans;
using Orleans.Concurrency;

namespace Hearth.Tests.Engine;

public sealed class StatelessWorkerTests
{
    [Fact]
    public async Task Calls_run_side_by_side_up_to_the_limit_and_no_further()
    {
        await using var cluster = await TestCluster.StartAsync();
        var worker = cluster.Grains.GetGrain<IWorkerGrain>("w");
        var calls = Enumerable.Range(0, 4).Select(_ => worker.PassGate("workers")).ToArray();
        for (var i = 0; i < 3; i++)
            await Gate.Of("workers").ArrivalAsync();
        Assert.True(Gate.Of("workers").NobodyElseCame);
        Gate.Of("workers").Open();
        var activations = await Task.WhenAll(calls);
        Assert.Equal(3, activations.Distinct().Count());
    }

    [Fact]
    public async Task Without_load_one_activation_serves_all_calls()
    {
        await using var cluster = await TestCluster.StartAsync();
        var worker = cluster.Grains.GetGrain<IWorkerGrain>("calm");
        Gate.Of("calm").Open();
        var activations = new HashSet<Guid>();
        for (var i = 0; i < 20; i++)
        {
            activations.Add(await worker.PassGate("calm"));
            await Task.Yield();
        }
        Assert.InRange(activations.Count, 1, 2);
    }
}

public interface IWorkerGrain : IGrainWithStringKey
{
    Task<Guid> PassGate(string name);
}

[StatelessWorker(3)]
public sealed class WorkerGrain : Grain, IWorkerGrain
{
    private readonly Guid _id = Guid.NewGuid();

    public async Task<Guid> PassGate(string name)
    {
        await Gate.Of(name).PassAsync();
        return _id;
    }
}
