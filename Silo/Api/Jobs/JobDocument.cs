using Hearth.Jobs;

namespace Hearth.Api.Jobs;

/// <summary>A job as the API shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Function">What it runs.</param>
/// <param name="State">ready, running, succeeded or failed.</param>
/// <param name="AcceptedAt">RFC 3339.</param>
/// <param name="StartedAt">RFC 3339; null until it starts.</param>
/// <param name="EndedAt">RFC 3339; null until it ends.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="ResultContentType">Media type of the result.</param>
/// <param name="Result">Where the result is; null until there is one.</param>
internal sealed record JobDocument(
    string Id,
    string Function,
    JobState State,
    DateTimeOffset AcceptedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    string? Error,
    string? ResultContentType,
    string? Result)
{
    public static string PathOf(JobId id, HttpRequest request) => $"{request.PathBase}/v1/jobs/{id}";

    public static JobDocument From(JobView job, HttpRequest request) => new(
        job.Id.ToString(), job.Function, job.State, job.AcceptedAt, job.StartedAt, job.EndedAt, job.Error, job.ResultContentType,
        job.State == JobState.Succeeded ? PathOf(job.Id, request) + "/result" : null);
}
