using Hearth.Cluster;
using Hearth.Engines;
using Hearth.Functions;
using Hearth.Functions.Runs;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Storage;

namespace Hearth.Tests.Support.Jobs;

/// <summary>The jobs' part of a silo: shards and pump on a store, without HTTP.</summary>
internal sealed class JobSilo : IAsyncDisposable
{
    public const string Queue = "queue";

    private readonly TestCluster cluster;

    private JobSilo(TestCluster cluster, FaultyJobStore store)
    {
        (this.cluster, Store) = (cluster, store);
        Shard = cluster.Grains.GetGrain<IShardGrain>(ShardKey.Of(Queue));
    }

    public FaultyJobStore Store { get; }

    public IShardGrain Shard { get; }

    /// <summary>What the silo knows of the queues.</summary>
    public QueueCatalogue Catalogue => cluster.Services.GetRequiredService<QueueCatalogue>();

    public IGrainFactory Grains => cluster.Grains;

    /// <summary>What the silo knows of the cluster: itself, unless a test adds others.</summary>
    public TestView View => (TestView)cluster.Services.GetRequiredService<IClusterView>();

    public JobPump Pump => cluster.Services.GetRequiredService<JobPump>();

    /// <summary>The name of the next call for jobs that a test makes for this silo's pump.</summary>
    public PumpCall NextCall() => Pump.NextCall();

    public PayloadBudget Budget => cluster.Services.GetRequiredService<PayloadBudget>();

    public FunctionRegistry Functions => cluster.Services.GetRequiredService<FunctionRegistry>();

    public static async Task<JobSilo> StartAsync(
        IJobStore inner, TimeProvider clock, IEnumerable<ServedFunction> functions, JobsOptions? options = null, long payloadBytes = 64 << 20,
        IGrainStateStore? queues = null, QueueDefinition? given = null)
    {
        var store = new FaultyJobStore(inner);
        var grainState = queues ?? new InMemoryGrainStateStore(clock);
        var definitions = new Dictionary<string, QueueDefinition>(StringComparer.Ordinal);
        if (given is not null)
            definitions.Add(Queue, given);
        var cluster = await TestCluster.StartAsync(
            silo =>
            {
                silo.Services.AddSingleton<IJobStore>(store);
                silo.Services.AddSingleton(options ?? new JobsOptions(Guid.NewGuid().ToString("N")));
                silo.Services.AddSingleton(new PayloadBudget(payloadBytes));
                silo.Services.AddSingleton(new FunctionRegistry(functions));
                silo.Services.AddSingleton<RunWatch>();
                silo.Services.AddSingleton<StoreWatch>();
                silo.Services.AddSingleton<JobRunner>();
                silo.Services.AddSingleton<IClusterView>(s => new TestView(s.GetRequiredService<JobsOptions>().Owner));
                silo.Services.AddSingleton<JobPump>();
                silo.Services.AddSingleton<PumpBell>();
                silo.Services.AddSingleton(grainState);
                silo.Services.AddKeyedSingleton<IGrainStorage, StoredGrainState>("Default");
                silo.Services.AddSingleton(s => new QueueCatalogue(
                    s.GetRequiredService<IGrainStateStore>(), definitions, NullLogger<QueueCatalogue>.Instance));
            },
            clock);
        return new JobSilo(cluster, store);
    }

    /// <summary>Submits a job whose input is a JSON text.</summary>
    public async Task<JobId> SubmitAsync(string function, string input = "", JobOptions? options = null)
    {
        var submitted = await Shard.SubmitAsync(JobWorld.Spec(function, input, options));
        Assert.Equal(SubmitOutcome.Accepted, submitted.Outcome);
        return submitted.Id;
    }

    /// <summary>What the shard knows of a job; null when it is not in its memory.</summary>
    public async Task<OpenJobView?> OpenAsync(JobId id) => await Shard.OpenAsync([id]) is [var open] ? open : null;

    /// <summary>Cuts off the runs that are past their deadline.</summary>
    public void Tick() => cluster.Services.GetRequiredService<RunWatch>().Tick();

    /// <summary>It has died: nothing that it does reaches the store any more, and nothing that can be seen starts on it.</summary>
    public void Crash()
    {
        Store.IsDead = true;
        Store.ReleaseWrites();
    }

    /// <summary>Ends as a silo does that is told to.</summary>
    public async Task StopAsync()
    {
        await Pump.StopAsync();
        await cluster.StopAsync();
    }

    public ValueTask DisposeAsync() => cluster.DisposeAsync();
}
