using Hearth.Jobs;
using Npgsql;
using NpgsqlTypes;

namespace Hearth.Storage.PostgreSql;

/// <summary>
/// Pages of jobs, newest first. Each round reads some keys of every shard, backwards from where the last round stopped, and keeps those
/// down to where all shards have been read; so the work of a round is bounded however few match.
/// </summary>
internal sealed class JobList(PostgreSqlDatabase database, JobReads reads)
{
    private const int RowsMax = 50_000;
    private const int RoundRowsMin = 1_000;
    private const int RoundRowsMax = 10_000;
    private static readonly TimeSpan TimeMax = TimeSpan.FromMilliseconds(200);
    private static readonly JobId End = new(Guid.AllBitsSet);

    public async Task<JobPage> PageAsync(JobFilter filter, CancellationToken cancellationToken)
    {
        var start = database.Time.GetTimestamp();
        var from = filter.From is { } since ? StoredTime.FirstIdSince(since) : default;
        var below = filter.Before is { } before ? StoredTime.FirstIdSince(before) : End;
        if (filter.Below < below)
            below = filter.Below.Value;
        var limit = Math.Clamp(filter.Limit, 1, 1_000);
        var shards = filter.Shards.Distinct().ToList();
        var matches = new List<JobId>();
        var isMore = shards.Count > 0;
        for (int rows = 0, roundRows = RoundRowsMin; isMore && matches.Count < limit; roundRows = RoundRowsMax)
        {
            var round = await RoundAsync(filter, shards, Math.Max(1, roundRows / shards.Count), from, below, cancellationToken);
            rows += round.Rows;
            matches.AddRange(round.Matches);
            (below, isMore) = (round.Floor, round.IsMore);
            if (rows >= RowsMax || database.Time.GetElapsedTime(start) >= TimeMax)
                break;
        }

        JobId? next = isMore ? below : null;
        if (matches.Count > limit || (matches.Count == limit && isMore))
        {
            matches.RemoveRange(limit, matches.Count - limit);
            next = matches[^1];
        }

        return new JobPage(await ViewsAsync(matches, cancellationToken), next);
    }

    private async Task<Round> RoundAsync(
        JobFilter filter, List<int> shards, int each, JobId from, JobId below, CancellationToken cancellationToken)
    {
        var keys = await database.ListByKeyAsync(
            filter.Ended is null ? SqlText.ListJobs : SqlText.ListEnds,
            [
                Bind.OfMany(shards, NpgsqlDbType.Integer), Bind.Of(each), Bind.Of(from), Bind.Of(below), Bind.OfNullable(filter.Function),
                Bind.OfNullable(filter.Tag), Bind.OfNullable(filter.Error), new NpgsqlParameter<short> { TypedValue = filter.Ended is { } state ? (short)state : (short)0 },
            ],
            reader => (Id: new JobId(reader.GetGuid(0)), Matches: reader.GetBoolean(1)), cancellationToken);

        // A shard that gave all it was asked for may have more below its last.
        var floor = default(JobId);
        var isMore = false;
        foreach (var shard in keys.GroupBy(key => key.Id.Shard).Where(shard => shard.Count() >= each))
        {
            isMore = true;
            var last = shard.Min(key => key.Id);
            floor = last > floor ? last : floor;
        }

        var matches = keys.Where(key => key.Matches && key.Id >= floor).Select(key => key.Id).OrderDescending().ToList();
        return new Round(keys.Count, matches, floor, isMore);
    }

    private async Task<List<JobView>> ViewsAsync(List<JobId> ids, CancellationToken cancellationToken)
    {
        var views = new List<JobView>(ids.Count);
        foreach (var shard in ids.GroupBy(id => id.Shard))
            views.AddRange(await reads.ViewsAsync(shard.Key, shard.ToList(), cancellationToken));
        views.Sort((left, right) => right.Id.CompareTo(left.Id));
        return views;
    }

    /// <param name="Rows">How many were read.</param>
    /// <param name="Matches">Newest first; none below the floor.</param>
    /// <param name="Floor">Every shard has been read down to this.</param>
    /// <param name="IsMore">Whether there may be more below.</param>
    private readonly record struct Round(int Rows, List<JobId> Matches, JobId Floor, bool IsMore);
}
