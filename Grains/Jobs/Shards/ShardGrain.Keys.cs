using Hearth.Cluster;
using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// Keys over a change of the queue's shards. A key belongs to one shard of each generation. Before a shard takes a job with a key, it looks for the key
/// in the shards of the former generations, too, as long as keys count; and before it looks there, it makes sure that nothing more is taken there.
/// </summary>
internal sealed partial class ShardGrain
{
    /// <summary>A shard may hear late that others have the new jobs.</summary>
    private static readonly TimeSpan HeardLateMax = TimeSpan.FromHours(1);

    /// <summary>Shards of former generations that take nothing any more, with their numbers.</summary>
    private readonly Dictionary<string, int> retired = new(StringComparer.Ordinal);

    public async Task RetireAsync()
    {
        await ReconfigureAsync();
        if (!isRetired)
            throw new StoreUnavailableException("The jobs' shard does not know yet that others have its queue's new jobs; try again.");
        // What it has begun to store is there, or is not; and who is not the owner any more speaks for nobody.
        await journal.CatchUpAsync();
        if (isLost || await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)) == WriteOutcome.Refused)
            throw new StoreUnavailableException("The jobs' shard moves; try again.");
    }

    /// <summary>Jobs that are run again stay where they were.</summary>
    private bool MayTake(ReadOnlySpan<JobSpec> jobs) => jobs is [{ Options.RedriveOf: not null }] || (!isRetired && AreNamed(jobs));

    /// <summary>
    /// Whether who sends these knows where keys stand in inputs: of several shards a job's key says which one takes it. Who does not finds out, and sends
    /// them anew.
    /// </summary>
    private bool AreNamed(ReadOnlySpan<JobSpec> jobs)
    {
        if (shared is null || definition.Limits?.Key is not { } path)
            return true;
        foreach (var job in jobs)
        {
            if (job.Options is not ({ Key: not null } or { Unique: not null }) && JobKeyPath.Find(path, job) is not null)
                return false;
        }

        return true;
    }

    /// <summary>The newest row of a key, of this shard or of those that it belonged to before.</summary>
    /// <param name="kind">What the key is for.</param>
    /// <param name="hash">The key.</param>
    /// <param name="route">What decides to which shard it belongs (<see cref="JobRoute"/>).</param>
    /// <param name="since">Older ones do not count.</param>
    private async Task<JobKeyRow?> FindKeyAsync(JobKeyKind kind, ReadOnlyMemory<byte> hash, ReadOnlyMemory<byte> route, DateTimeOffset since)
    {
        if (await FindKeyAsync(claim.Number, kind, hash, since) is { } own)
            return own;
        foreach (var generation in former)
        {
            if (generation.Until + HeardLateMax < since || await NumberOfRetiredAsync(generation.KeyFor(ShardKey.QueueOf(Key), route.Span)) is not { } number)
                continue;
            if (await FindKeyAsync(number, kind, hash, since) is { } row)
                return row;
        }

        return null;
    }

    private async Task<JobKeyRow?> FindKeyAsync(int shard, JobKeyKind kind, ReadOnlyMemory<byte> hash, DateTimeOffset since) =>
        await store.FindKeysAsync(shard, kind, [hash], since, CancellationToken.None) is [var row] ? row : null;

    /// <summary>The number of a shard of a former generation, which takes nothing any more; null when nobody has ever begun it.</summary>
    private async Task<int?> NumberOfRetiredAsync(string shard)
    {
        if (retired.TryGetValue(shard, out var known))
            return known;
        // Whoever begins it later reads that it has been retired.
        if (shard == Key || await store.ShardNumberAsync(shard, CancellationToken.None) is not { } number)
            return null;
        if (cluster.Current.HasHome(shard))
            await AskToRetireAsync(shard);
        else
            // Nobody can be asked. An owner of which nobody knows may not write any more, and the next one reads what is stored.
            await store.ClaimAsync(shard, options.Owner, isPlanned: false, leaving.Token);
        retired[shard] = number;
        return number;
    }

    private async Task AskToRetireAsync(string shard)
    {
        try
        {
            await GrainFactory.GetGrain<IShardGrain>(shard).RetireAsync();
        }
        catch (Exception e) when (e is not StoreUnavailableException)
        {
            throw new StoreUnavailableException("The shard that had this queue's jobs before cannot be asked for the key; try again.", e);
        }
    }

    /// <summary>The state of a job with a key, whichever shard has it.</summary>
    private async Task<JobState?> StateAsync(JobId id)
    {
        if (memory.Find(id) is { } job)
            return job.State;
        if (id.Shard != claim.Number && await store.ShardKeyAsync(id.Shard, CancellationToken.None) is { } shard && cluster.Current.HasHome(shard)
            && await GrainFactory.GetGrain<IShardGrain>(shard).OpenAsync([id]) is [var open])
            return open.State;
        return (await store.FindAsync(id, CancellationToken.None))?.State;
    }
}
