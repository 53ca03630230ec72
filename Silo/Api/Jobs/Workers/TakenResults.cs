using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Workers;

/// <summary>Whether a result was taken before: a worker that got no answer sends it again.</summary>
internal static class TakenResults
{
    public static async Task<bool> HasAsync(IJobStore store, JobResult result)
    {
        if (result.Outcome is AttemptOutcome.Succeeded or AttemptOutcome.Failed or AttemptOutcome.FailedForGood
            && await store.FindEndAsync(result.Id, CancellationToken.None) is { } end && end.Attempt == result.Attempt)
        {
            return IsSame(result, end);
        }

        if (result.Outcome == AttemptOutcome.Succeeded)
            return false;
        var attempts = (await store.HistoryAsync(result.Id, CancellationToken.None)).Attempts;
        return attempts.Any(row => row.Attempt == result.Attempt && IsSame(result, row));
    }

    private static bool IsSame(in JobResult result, in JobEnd end) => result.Outcome == AttemptOutcome.Succeeded
        ? end.State == JobState.Succeeded && end.ContentType == result.ContentType && end.Result.Span.SequenceEqual(result.Result.Span)
        : end.State == JobState.Failed && end.ErrorType == result.ErrorType && end.Error == result.Error;

    private static bool IsSame(in JobResult result, in JobAttemptRow row) => result.Outcome == AttemptOutcome.Returned
        ? row.Kind == AttemptKind.Returned
        : row.Kind == AttemptKind.Failed && row.ErrorType == result.ErrorType && row.Error == result.Error;
}
