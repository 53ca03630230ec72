using Hearth.Storage;

namespace Hearth.Jobs.Errors;

/// <summary>Jobs that failed alike.</summary>
/// <param name="Function">Their function.</param>
/// <param name="ErrorType">Short name of the error.</param>
/// <param name="Message">What their errors have in common.</param>
/// <param name="Failed">Jobs that ended so: dead letters.</param>
/// <param name="Retrying">Jobs whose last attempt failed so, and that wait for the next; of the newest 1,000.</param>
/// <param name="FirstAt">The first of these ends; null when there is none.</param>
/// <param name="LastAt">The last of these ends.</param>
/// <param name="Jobs">Up to three of the jobs, newest first.</param>
internal sealed record ErrorGroup(
    string Function, string? ErrorType, string Message, int Failed, int Retrying, DateTimeOffset? FirstAt, DateTimeOffset? LastAt, IReadOnlyList<string> Jobs);

/// <param name="Groups">Those with most jobs first.</param>
/// <param name="Next">Where to go on; null: there are no more.</param>
internal sealed record GroupedErrors(IReadOnlyList<ErrorGroup> Groups, JobId? Next);

/// <summary>Groups a queue's failed jobs by what went wrong, with those that are between two attempts; bounded work.</summary>
internal sealed class ErrorCensus(JobList list, TimeProvider clock)
{
    private const int JobsMax = 20_000;
    private const int GroupsMax = 200;
    private const int PageMax = 500;
    private const int RetryingMax = 1_000;
    private const int SamplesMax = 3;

    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(1);

    public async Task<GroupedErrors> ReadAsync(string queue, JobFilter filter, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        var groups = new Dictionary<(string Function, string? Type, string Message), ErrorGroup>();
        if (filter.Below is null)
            Add(groups, await list.PageAsync(queue, filter with { Limit = RetryingMax }, JobState.Retrying, cancellationToken));
        var jobs = 0;
        for (var below = filter.Below; ;)
        {
            var page = await list.PageAsync(queue, filter with { Below = below, Limit = PageMax }, JobState.Failed, cancellationToken);
            Add(groups, page);
            jobs += page.Jobs.Count;
            below = page.Next;
            if (below is null || jobs >= JobsMax || groups.Count >= GroupsMax || clock.GetElapsedTime(start) >= TimeMax)
                return new GroupedErrors([.. groups.Values.OrderByDescending(g => g.Failed + g.Retrying).ThenByDescending(g => g.LastAt)], below);
        }
    }

    private static void Add(Dictionary<(string Function, string? Type, string Message), ErrorGroup> groups, ListedJobs page)
    {
        foreach (var (job, _) in page.Jobs)
        {
            var key = (job.Function, job.ErrorType, ErrorText.Normalise(job.Error));
            var group = groups.GetValueOrDefault(key) ?? new ErrorGroup(key.Function, key.ErrorType, key.Item3, 0, 0, null, null, []);
            groups[key] = job.HasEnded
                ? group with { Failed = group.Failed + 1, FirstAt = Earlier(group.FirstAt, job.EndedAt), LastAt = Later(group.LastAt, job.EndedAt), Jobs = With(group, job) }
                : group with { Retrying = group.Retrying + 1, Jobs = With(group, job) };
        }
    }

    private static IReadOnlyList<string> With(ErrorGroup group, JobView job) => group.Jobs.Count < SamplesMax ? [.. group.Jobs, job.Id.ToString()] : group.Jobs;

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one < other ? one : other ?? one;

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one > other ? one : other ?? one;
}
