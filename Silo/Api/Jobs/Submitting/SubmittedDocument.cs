using Hearth.Jobs;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>What became of one job of a request.</summary>
/// <param name="Id">The job; null when the queue was full.</param>
/// <param name="Outcome">accepted; repeat: the idempotency key was known; duplicate: another like it is known; queueFull: refused.</param>
/// <param name="Job">Where to follow it.</param>
internal sealed record SubmittedDocument(string? Id, SubmitOutcome Outcome, string? Job)
{
    public static SubmittedDocument From(JobSubmitted job, HttpRequest request) => job.Id == default
        ? new SubmittedDocument(null, job.Outcome, null)
        : new SubmittedDocument(job.Id.ToString(), job.Outcome, JobDocument.PathOf(job.Id, request));

    /// <summary>One of several.</summary>
    public static JobSubmitted At(JobsSubmitted submitted, int index) =>
        submitted.Items?[index] ?? new JobSubmitted(submitted.Outcome, submitted.First.Plus(index));
}

/// <summary>What became of the jobs of one request, in their order.</summary>
internal sealed record SubmittedManyDocument(IReadOnlyList<SubmittedDocument> Jobs)
{
    public static SubmittedManyDocument From(JobsSubmitted submitted, HttpRequest request) => new(
        [.. Enumerable.Range(0, submitted.Count).Select(i => SubmittedDocument.From(SubmittedDocument.At(submitted, i), request))]);
}
