using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;
using Orleans.Runtime;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>What happens to a shard, at random: jobs are leased as a pump would, its owners die or end in order, and others come.</summary>
internal abstract class ShardHistory : IAsyncDisposable
{
    private readonly List<JobSilo> silos = [];

    protected ShardHistory(Func<TimeProvider, IJobStore> open, int seed) => (Store, Random) = (open(Clock), new Random(seed));

    protected ManualTimeProvider Clock { get; } = new();

    protected Random Random { get; }

    protected IJobStore Store { get; }

    /// <summary>The owner of now.</summary>
    protected JobSilo Silo => silos[^1];

    protected long Now => Clock.GetUtcNow().UtcTicks;

    protected abstract QueueDefinition Definition { get; }

    /// <summary>Runs some, one after the other.</summary>
    /// <returns>What they count, together.</returns>
    public static Task<int> RunAsync(int count, Func<StoreOfSeed> open, Func<Func<TimeProvider, IJobStore>, int, ShardHistory> begin, int steps) =>
        Seeds.RunAsync(count, async seed =>
        {
            await using var store = open();
            await using var history = begin(store.Create, seed);
            return await history.RunAsync(steps).WaitAsync(TimeSpan.FromMinutes(2));
        });

    /// <returns>How often it came to what the test is about.</returns>
    public abstract Task<int> RunAsync(int steps);

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in silos)
        {
            silo.Crash();
            await silo.DisposeAsync();
        }
    }

    /// <summary>Takes steps from the first owner on; what an owner that goes refuses is tried no more.</summary>
    protected async Task TakeStepsAsync(int steps, Func<Task> stepAsync)
    {
        await NextOwnerAsync();
        for (var step = 0; step < steps; step++)
        {
            try
            {
                await stepAsync();
            }
            catch (Exception e) when (e is StoreUnavailableException or OrleansMessageRejectionException or TimeoutException)
            {
                Clock.Advance(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    protected virtual async Task NextOwnerAsync()
    {
        silos.Add(await JobSilo.StartAsync(
            Store, Clock, [], new JobsOptions($"owner {silos.Count}") { StopGrace = TimeSpan.FromSeconds(1) }, given: Definition));
        // Once its jobs are recovered.
        await Silo.Shard.ReadInboxAsync();
    }

    protected Task DieAsync()
    {
        Silo.Crash();
        return NextOwnerAsync();
    }

    protected async Task HandOverAsync()
    {
        await Clock.AdvanceUntilAsync(Silo.StopAsync(), TimeSpan.FromMilliseconds(20), TimeSpan.FromMinutes(1));
        await DieAsync();
    }
}
