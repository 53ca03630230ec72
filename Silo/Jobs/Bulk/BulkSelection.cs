using Hearth.Storage;

namespace Hearth.Jobs.Bulk;

/// <param name="Jobs">Newest first.</param>
/// <param name="Next">Where to go on; null: there are no more.</param>
internal sealed record BulkPage(IReadOnlyList<JobId> Jobs, JobId? Next);

/// <param name="Count">Jobs that match.</param>
/// <param name="AtLeast">There may be more: counting stopped at its bound.</param>
internal readonly record struct BulkCount(long Count, bool AtLeast);

/// <summary>Finds the jobs that an order is for: those that match, and are in a state in which it can be done.</summary>
internal sealed class BulkSelection(JobList list, TimeProvider clock)
{
    private const int CountedAtOnce = 1_000;

    /// <param name="order">What is done to which jobs.</param>
    /// <param name="before">Only jobs accepted before.</param>
    /// <param name="below">Where the page before stopped.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<BulkPage> PageAsync(BulkOrder order, DateTimeOffset before, JobId? below, int limit, CancellationToken cancellationToken)
    {
        var wanted = order.Filter;
        var filter = new JobFilter([])
        {
            Function = wanted.Function, Tag = wanted.Tag, From = wanted.From, Before = wanted.To < before ? wanted.To : before, Error = wanted.Error,
            Below = below, Limit = limit,
        };
        var page = order.StateOf() is null && order.Action == BulkAction.Cancel
            ? await list.OpenPageAsync(wanted.Queue, filter, cancellationToken)
            : await list.PageAsync(wanted.Queue, filter, order.StateOf(), cancellationToken);
        return new BulkPage([.. page.Jobs.Where(found => IsFor(order, found.Job, found.Queue)).Select(found => found.Job.Id)], page.Next);
    }

    /// <summary>Counts, for a bounded time.</summary>
    public async Task<BulkCount> CountAsync(BulkOrder order, DateTimeOffset before, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        var count = 0L;
        for (JobId? below = null; ;)
        {
            var page = await PageAsync(order, before, below, CountedAtOnce, cancellationToken);
            count += page.Jobs.Count;
            below = page.Next;
            if (below is null || clock.GetElapsedTime(start) >= atMost)
                return new BulkCount(count, AtLeast: below is not null);
        }
    }

    /// <summary>Orders are jobs themselves: no order is for another, unless their queue is named.</summary>
    private static bool IsFor(BulkOrder order, JobView job, string queue) =>
        BulkOrder.IsFor(order.Action, job.State) && (queue != BulkFunction.Queue || order.Filter.Queue == BulkFunction.Queue);
}
