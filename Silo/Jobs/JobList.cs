using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Jobs;

/// <param name="Jobs">Newest first, each with its queue.</param>
/// <param name="Next">Where to go on; null: there are no more.</param>
/// <param name="IsCut">The page stopped at the bound of what is looked at, before it was full.</param>
internal sealed record ListedJobs(IReadOnlyList<(JobView Job, string Queue)> Jobs, JobId? Next, bool IsCut);

/// <summary>
/// Lists jobs: ended ones, and those of any state, from the store, with what the shards know of open ones laid over; open ones from the shards,
/// with their rows.
/// </summary>
internal sealed class JobList(ShardDirectory shards, IJobStore store, TimeProvider clock)
{
    /// <summary>Jobs looked at for one page.</summary>
    public const int LookedAtMax = 50_000;

    /// <summary>Time spent on one page.</summary>
    public static readonly TimeSpan PageTimeMax = TimeSpan.FromMilliseconds(200);

    private const int ChunkMax = 256;

    /// <summary>Shards that are asked at once.</summary>
    private const int ShardsAtOnce = 64;

    public async Task<ListedJobs> PageAsync(string? queue, JobFilter filter, JobState? state, CancellationToken cancellationToken)
    {
        var owners = (await shards.ShardsAsync(queue, cancellationToken)).ToDictionary(shard => shard.Number);
        if (owners.Count == 0)
            return new ListedJobs([], null, IsCut: false);
        return state is { } open && !open.HasEnded()
            ? await OpenPageAsync(owners, filter, open, cancellationToken)
            : await StoredPageAsync(owners, filter with { Shards = [.. owners.Keys], Ended = state }, cancellationToken);
    }

    /// <summary>The same of jobs that have not ended, whatever their state.</summary>
    public async Task<ListedJobs> OpenPageAsync(string? queue, JobFilter filter, CancellationToken cancellationToken)
    {
        var owners = (await shards.ShardsAsync(queue, cancellationToken)).ToDictionary(shard => shard.Number);
        return await OpenPageAsync(owners, filter, null, cancellationToken);
    }

    private async Task<ListedJobs> StoredPageAsync(Dictionary<int, ShardRow> owners, JobFilter filter, CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(filter, cancellationToken);
        var open = new Dictionary<JobId, OpenJobView>();
        foreach (var ofShard in page.Jobs.Where(job => !job.HasEnded && shards.HasHome(owners[job.Id.Shard].Key)).GroupBy(job => job.Id.Shard))
        {
            foreach (var view in await GrainCalls.RepeatAsync(
                () => shards.Of(owners[ofShard.Key]).OpenAsync([.. ofShard.Select(job => job.Id)]), clock))
                open[view.Id] = view;
        }

        return new ListedJobs(
            [.. page.Jobs.Select(job => (open.TryGetValue(job.Id, out var view) ? JobLookup.Overlay(job, view) : job, QueueOf(owners, job.Id)))],
            page.Next, page.Next is not null && page.Jobs.Count < filter.Limit);
    }

    private async Task<ListedJobs> OpenPageAsync(
        Dictionary<int, ShardRow> owners, JobFilter filter, JobState? state, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        var found = new List<(JobView, string)>();
        var below = filter.Below;
        // Nobody knows the states of the others' jobs.
        var asked = owners.Values.Where(shard => shards.HasHome(shard.Key)).ToList();
        for (var looked = 0; looked < LookedAtMax;)
        {
            var chunk = await NewestAsync(asked, new OpenJobFilter(state, filter.Function, below, ChunkMax));
            foreach (var open in chunk)
            {
                looked++;
                below = open.Id;
                if (await store.FindAsync(open.Id, cancellationToken) is { HasEnded: false } row && Matches(filter, JobLookup.Overlay(row, open)))
                    found.Add((JobLookup.Overlay(row, open), QueueOf(owners, open.Id)));
                if (found.Count == filter.Limit)
                    return new ListedJobs(found, below, IsCut: false);
                if (clock.GetElapsedTime(start) > PageTimeMax)
                    return new ListedJobs(found, below, IsCut: true);
            }

            if (chunk.Count < ChunkMax)
                return new ListedJobs(found, null, IsCut: asked.Count < owners.Count);
        }

        return new ListedJobs(found, below, IsCut: true);
    }

    /// <summary>The newest open jobs of all the shards together.</summary>
    private async Task<List<OpenJobView>> NewestAsync(IEnumerable<ShardRow> owners, OpenJobFilter filter)
    {
        var newest = new List<OpenJobView>();
        foreach (var some in owners.Chunk(ShardsAtOnce))
        {
            var lists = await Task.WhenAll(some.Select(shard => GrainCalls.RepeatAsync(() => shards.Of(shard).ListOpenAsync(filter), clock)));
            newest = [.. lists.SelectMany(list => list).Concat(newest).OrderByDescending(view => view.Id).Take(filter.Limit)];
        }

        return newest;
    }

    private static bool Matches(JobFilter filter, JobView job) =>
        (filter.Function is null || job.Function == filter.Function)
        && (filter.Tag is null || job.Tags?.Contains(filter.Tag, StringComparer.Ordinal) == true)
        && (filter.From is null || job.AcceptedAt >= filter.From)
        && (filter.Before is null || job.AcceptedAt < filter.Before)
        && (filter.Error is null || job.Error?.Contains(filter.Error, StringComparison.Ordinal) == true
            || job.ErrorType?.Contains(filter.Error, StringComparison.Ordinal) == true);

    private static string QueueOf(Dictionary<int, ShardRow> owners, JobId id) => ShardKey.QueueOf(owners[id.Shard].Key);
}
