using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>
/// Requests with an idempotency key whose jobs belong to different shards, as they have keys of their own. Each job is known by the request's key and its
/// place, in the shard that its own key belongs to: so a repeat finds them one by one, whatever the shards are by then.
/// </summary>
internal sealed partial class ShardGrain
{
    public async Task<JobsSubmitted> SubmitPartAsync(JobSpec[] jobs, int[] places, JobKey key)
    {
        if (!MayTake(jobs))
            return Moved;
        return HasRoom(jobs.Length) ? await AloneAsync(key, () => StorePartAsync(jobs, places, key)) : new JobsSubmitted(SubmitOutcome.QueueFull, default, 0);
    }

    private async Task<JobsSubmitted> StorePartAsync(JobSpec[] jobs, int[] places, JobKey key)
    {
        var known = await FindPartAsync(jobs, places, key);
        if (known is null)
            return new JobsSubmitted(SubmitOutcome.OtherBody, default, 0);
        // The next generation may have looked for them meanwhile.
        if (!MayTake(jobs))
            return Moved;
        var fresh = Enumerable.Range(0, jobs.Length).Where(i => known[i] == default).ToArray();
        var items = Array.ConvertAll(known, id => new JobSubmitted(SubmitOutcome.Repeat, id));
        if (fresh.Length > 0)
        {
            var first = Gather(Array.ConvertAll(fresh, i => jobs[i]));
            for (var n = 0; n < fresh.Length; n++)
            {
                items[fresh[n]] = new JobSubmitted(SubmitOutcome.Accepted, first.Plus(n));
                journal.Gathering.Keys.Add(new JobKeyRow(JobKeyKind.Idempotency, key.HashOf(places[fresh[n]]), first.Plus(n), 1, key.BodyHash));
            }

            await journal.WriteAsync();
        }

        return new JobsSubmitted(items[0].Outcome, items[0].Id, items.Length, items);
    }

    /// <summary>The jobs that are known, by their index; null: the request was another.</summary>
    private async Task<JobId[]?> FindPartAsync(JobSpec[] jobs, int[] places, JobKey key)
    {
        var (found, since) = (new JobId[jobs.Length], store.Now - JobLimits.KeyWindow);
        var hashes = Array.ConvertAll(places, key.HashOf);
        if (!await LookAsync(claim.Number, [.. Enumerable.Range(0, jobs.Length)]))
            return null;
        foreach (var generation in former.Where(generation => !(generation.Until + HeardLateMax < since)))
        {
            var missing = Enumerable.Range(0, jobs.Length).Where(i => found[i] == default);
            foreach (var some in missing.GroupBy(i => generation.KeyFor(ShardKey.QueueOf(Key), (JobRoute.HashOf(jobs[i]) ?? hashes[i]).Span), StringComparer.Ordinal).ToList())
            {
                if (await NumberOfRetiredAsync(some.Key) is { } number && !(await LookAsync(number, [.. some]) && await LookWholeAsync(number, [.. some])))
                    return null;
            }
        }

        return found;

        async Task<bool> LookAsync(int shard, int[] indexes)
        {
            var rows = await store.FindKeysAsync(shard, JobKeyKind.Idempotency, [.. indexes.Select(i => (ReadOnlyMemory<byte>)hashes[i])], since, CancellationToken.None);
            var byHash = rows.ToDictionary(row => Convert.ToHexString(row.Hash.Span), StringComparer.Ordinal);
            foreach (var i in indexes)
            {
                if (!byHash.TryGetValue(Convert.ToHexString(hashes[i]), out var row))
                    continue;
                if (!row.BodyHash.Span.SequenceEqual(key.BodyHash.Span))
                    return false;
                found[i] = row.Id;
            }

            return true;
        }

        // While the queue had one shard, the request was stored whole.
        async Task<bool> LookWholeAsync(int shard, int[] indexes)
        {
            if (await FindKeyAsync(shard, JobKeyKind.Idempotency, key.Hash, since) is not { } row)
                return true;
            foreach (var i in indexes.Where(i => found[i] == default && places[i] < row.Count))
                found[i] = row.Id.Plus(places[i]);
            return row.BodyHash.Span.SequenceEqual(key.BodyHash.Span);
        }
    }
}
