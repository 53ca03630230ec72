using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Workers;

/// <summary>Whether a result was taken before: a worker that got no answer sends it again.</summary>
internal static class TakenResults
{
    public static async Task<bool> HasAsync(IJobStore store, JobResult result)
    {
        if (result.Outcome is AttemptOutcome.Succeeded or AttemptOutcome.Failed or AttemptOutcome.FailedForGood or AttemptOutcome.Discarded
            && await store.FindEndAsync(result.Id, CancellationToken.None) is { } end && end.Attempt == result.Attempt)
        {
            return IsSame(result, end);
        }

        if (result.Outcome == AttemptOutcome.Succeeded)
            return false;
        var attempts = await store.AttemptsAsync(result.Id, CancellationToken.None);
        return attempts.Any(row => row.Attempt == result.Attempt && IsSame(result, row));
    }

    private static bool IsSame(in JobResult result, in JobEnd end) => result.Outcome == AttemptOutcome.Succeeded
        ? end.State == JobState.Succeeded && end.ContentType == result.ContentType && end.Result.Span.SequenceEqual(result.Result.Span)
        : end.State == (result.Outcome == AttemptOutcome.Discarded ? JobState.Cancelled : JobState.Failed) && end.ErrorType == result.ErrorType && end.Error == result.Error;

    private static bool IsSame(in JobResult result, in JobAttemptRow row) => result.Outcome is AttemptOutcome.Returned or AttemptOutcome.Snoozed
        ? row.Kind == AttemptKind.Returned && row.RetryAt is not null == (result.Outcome == AttemptOutcome.Snoozed)
        : row.Kind == AttemptKind.Failed && row.ErrorType == result.ErrorType && row.Error == result.Error;
}
