using System.Globalization;
using Hearth.Functions;

namespace Hearth.Jobs.Bulk;

/// <summary>
/// Carries an order out, page by page from the newest job to the oldest: (1) find the next page, (2) act on its jobs, (3) store how far it came.
/// The next attempt goes on behind the last page that was stored; to act on a page twice does no harm.
/// </summary>
internal sealed class BulkRun(BulkSelection selection, BulkActs acts, TimeProvider clock)
{
    private const int PageMax = 500;

    /// <summary>Time spent on counting what there is to do, for the progress.</summary>
    private static readonly TimeSpan CountedFor = TimeSpan.FromSeconds(2);

    /// <summary>Where nothing matched, how far it came is stored no more often.</summary>
    private static readonly TimeSpan SavedEvery = TimeSpan.FromSeconds(1);

    public async Task<BulkReport> RunAsync(BulkOrder order, FunctionContext context, CancellationToken cancellationToken)
    {
        var self = context.Job ?? throw new FunctionException("Orders are carried out as jobs: POST /v1/jobs/actions.");
        // Those accepted when the order was; ids have milliseconds.
        var before = self.At.AddMilliseconds(1);
        var state = await context.ReadDetailAsync<BulkState>(cancellationToken) ?? await BeginAsync(order, before, cancellationToken);
        var saved = clock.GetTimestamp();
        while (true)
        {
            context.Progress(state.Share, state.Text());
            var page = await selection.PageAsync(order, before, state.From(), PageMax, cancellationToken);
            var jobs = page.Jobs.Where(id => id != self).ToList();
            state = state.With(await acts.ActAsync(order.Action, jobs, self, cancellationToken), page.Next);
            if (page.Next is null)
                return state.Report(order.Action);
            if (jobs.Count == 0 && clock.GetElapsedTime(saved) < SavedEvery)
                continue;
            await context.SaveDetailAsync(state, cancellationToken);
            saved = clock.GetTimestamp();
        }
    }

    private async Task<BulkState> BeginAsync(BulkOrder order, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var (total, atLeast) = await selection.CountAsync(order, before, CountedFor, cancellationToken);
        return new BulkState(total, atLeast);
    }
}

/// <summary>How far an order has come; stored as the job's detail.</summary>
/// <param name="Total">Jobs that there were to be treated in the beginning.</param>
/// <param name="AtLeast">There may have been more.</param>
/// <param name="Below">The last job that was looked at.</param>
/// <param name="Done">Jobs to which it was done.</param>
/// <param name="Skipped">Jobs that were in another state by then.</param>
/// <param name="Failed">Jobs to which it could not be done.</param>
/// <param name="Errors">The first of these.</param>
internal sealed record BulkState(
    long Total, bool AtLeast, string? Below = null, long Done = 0, long Skipped = 0, long Failed = 0, IReadOnlyList<BulkError>? Errors = null)
{
    private const int ErrorsMax = 10;

    private long Handled => Done + Skipped + Failed;

    public double Share => Total == 0 ? 0 : Math.Min(0.99, (double)Handled / Math.Max(Total, Handled));

    public JobId? From() => JobId.TryParse(Below, out var id) ? id : null;

    public string Text() => string.Create(CultureInfo.InvariantCulture, $"{Handled} of {(AtLeast ? "at least " : "")}{Math.Max(Total, Handled)}");

    public BulkState With(BulkOutcome outcome, JobId? next) => this with
    {
        Below = next?.ToString(),
        Done = Done + outcome.Done,
        Skipped = Skipped + outcome.Skipped,
        Failed = Failed + outcome.Errors.Count,
        Errors = [.. (Errors ?? []).Concat(outcome.Errors).Take(ErrorsMax)],
    };

    public BulkReport Report(BulkAction action) => new(action, Handled, Done, Skipped, Failed, Errors ?? []);
}
