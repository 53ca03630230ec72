using System.Diagnostics;
using Hearth.Functions;
using Hearth.Functions.Registration;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Orleans;
using Orleans.Runtime;

namespace Hearth.Bench.Jobs;

/// <summary>A silo in this process: jobs go to its shard grains, a no-op function runs them.</summary>
internal sealed class HearthSubject : ISubject
{
    public const string Function = "noop";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(1);

    private readonly TempFolder folder;
    private readonly CancellationTokenSource stop = new();
    private readonly HearthApplication app;
    private readonly BenchStore store;
    private readonly Tally tally;
    private readonly IShardGrain[] shards;
    private readonly Task<int> running;
    private readonly FunctionRegistration function;

    private HearthSubject(HearthApplication app, Task<int> running, TempFolder folder, BenchStore store, Tally tally, FunctionRegistration function, int queues)
    {
        (this.app, this.running, this.folder, this.store, this.tally, this.function) = (app, running, folder, store, tally, function);
        var grains = app.Web!.Services.GetRequiredService<IGrainFactory>();
        shards = [.. Enumerable.Range(0, queues).Select(n => grains.GetGrain<IShardGrain>(ShardKey.Of(n == 0 ? ShardKey.DefaultQueue : $"bench-{n}")))];
    }

    public StoreCounters Counters => store.CountersOf(app.Web!.Services.GetRequiredService<IJobStore>());

    public static async Task<HearthSubject> StartAsync(BenchStore store, Tally tally, int queues, QueueLimits? limits = null)
    {
        var folder = new TempFolder();
        var builder = HearthApplication.CreateBuilder(["--port", "0", "--functions", folder["functions"], .. store.SiloArguments]);
        builder.Web.Logging.AddFilter("Hearth", LogLevel.Error);
        builder.Web.Logging.AddFilter("Orleans", LogLevel.Error);
        builder.Web.Host.ConfigureContainer<IServiceCollection>(store.Configure);
        builder.AddQueue(ShardKey.DefaultQueue, queue => queue.Limits = limits);
        var function = new FunctionRegistration(
            Function, new FunctionOptions { Concurrency = 256 },
            host => DelegateFunction.Create(Function, (Item item) => tally.Ran(item.I), new FunctionOptions { Concurrency = 256 }, host));
        var app = builder.Build();
        var serves = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Web!.Lifetime.ApplicationStarted.Register(serves.SetResult);
        var output = System.Console.Out;
        System.Console.SetOut(TextWriter.Null);
        try
        {
            var running = app.RunAsync(CancellationToken.None);
            await Task.WhenAny(serves.Task, running);
            // Not before: who asks for grains makes the cluster's view, and that needs the store to be open.
            var subject = new HearthSubject(app, running, folder, store, tally, function, queues);
            foreach (var shard in subject.shards)
                await RecoveredAsync(shard);
            return subject;
        }
        finally
        {
            System.Console.SetOut(output);
        }
    }

    public async Task SubmitAsync(int job)
    {
        var submitted = await shards[job % shards.Length].SubmitAsync(Spec(job));
        Check(submitted.Outcome);
    }

    public async Task SubmitManyAsync(int first, int count)
    {
        var jobs = new JobSpec[count];
        for (var i = 0; i < count; i++)
            jobs[i] = Spec(first + i);
        var submitted = await shards[first / count % shards.Length].SubmitManyAsync(jobs);
        Check(submitted.Outcome);
    }

    /// <summary>The function is not served until then, so that what is submitted lines up.</summary>
    public Task StartWorkersAsync()
    {
        var services = app.Web!.Services;
        services.GetRequiredService<FunctionRegistry>().Exchange([function.Build(services.GetRequiredService<FunctionHost>())]);
        return Task.CompletedTask;
    }

    public async Task DrainedAsync()
    {
        await tally.All;
        foreach (var shard in shards)
        {
            while (await shard.DepthAsync() is { Ready: > 0 } or { Running: > 0 } or { Retrying: > 0 })
                await Task.Delay(Poll, TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        app.Web!.Lifetime.StopApplication();
        await running;
        stop.Dispose();
        folder.Dispose();
    }

    /// <summary>It answers when what there was has been recovered, and refuses as long as the silo that had it, and was killed, is not known to be dead.</summary>
    private static async Task RecoveredAsync(IShardGrain shard)
    {
        while (true)
        {
            try
            {
                await shard.ReadInboxAsync();
                return;
            }
            catch (OrleansMessageRejectionException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private static JobSpec Spec(int job) => new(Function, "application/json", Payloads.Of(job));

    private static void Check(SubmitOutcome outcome)
    {
        if (outcome != SubmitOutcome.Accepted)
            throw new UnreachableException($"A job was not accepted: {outcome}.");
    }
}
