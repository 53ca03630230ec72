using Hearth.Api.Jobs.Bulk;
using Hearth.Api.Jobs.Events;
using Hearth.Api.Jobs.Lists;
using Hearth.Api.Jobs.Queues;
using Hearth.Api.Jobs.Submitting;
using Hearth.Api.Jobs.Timeline;
using Hearth.Api.OpenApi;

namespace Hearth.Api.Jobs;

/// <summary>The routes of jobs.</summary>
internal sealed class JobRoutes(
    SubmitEndpoint submit, JobEndpoints jobs, JobEventsEndpoint events, JobLogEndpoint log, JobActions actions, JobListEndpoint list,
    BulkEndpoint bulk, QueueErrorsEndpoint errors, QueueEventsEndpoint queueEvents, TimelineEndpoint timeline)
{
    private static readonly ApiParameter Wait = new("query", "wait", "Answer when the job has ended, or after this long: 30s or PT30S, at most 5 minutes.");

    private static readonly ApiParameter Key = new(
        "header", "Idempotency-Key", "1 to 255 printable ASCII characters: for 24 hours the same key and request give the same jobs. Not with a stream.");

    private static readonly ApiParameter[] Conditions =
    [
        new("query", "queue", "Only jobs of this queue; all queues without it."),
        new("query", "function", "Only jobs of this function."),
        new("query", "state", $"Only jobs in this state: {JobStateText.All}."),
        new("query", "tag", "Only jobs with this tag."),
        new("query", "from", "Only jobs accepted at or after this time (RFC 3339)."),
        new("query", "to", "Only jobs accepted before this time (RFC 3339)."),
        new("query", "error", "Only jobs whose error, or its type, contains this text; case matters."),
        new("query", "limit", "Jobs on a page: 1 to 1,000; 50 by default."),
        new("query", "cursor", "Where the page before stopped; take next as it is."),
    ];

    public IReadOnlyList<ApiRoute> Table() =>
    [
        new("POST", "/v1/queues/{queue}/jobs", "submitJobs", "Submit a job, up to 10,000 as an array, or a stream of them, one a line", submit.SubmitAsync)
        {
            Body = ["application/json", "application/xml", SubmitEndpoint.Ndjson],
            BodySchema = JobSchemas.Submission,
            Parameters = [Key],
            Answers = new Dictionary<int, string>
            {
                [200] = "A stream's answer: one line for each line, and a last one.",
                [202] = "Stored. Of one job: what became of it, and Location. Of an array: jobs, in its order.",
            },
            ContentTypes = ["application/json", "application/xml", SubmitEndpoint.Ndjson],
        },
        new("GET", "/v1/queues/{queue}/errors", "queueErrors", "What went wrong in a queue: its failed and retrying jobs, grouped by error", errors.ShowAsync)
        {
            Parameters =
            [
                new ApiParameter("query", "function", "Only jobs of this function."),
                new ApiParameter("query", "tag", "Only jobs with this tag."),
                new ApiParameter("query", "from", "Only jobs accepted at or after this time (RFC 3339)."),
                new ApiParameter("query", "to", "Only jobs accepted before this time (RFC 3339)."),
                new ApiParameter("query", "error", "Only jobs whose error, or its type, contains this text; case matters."),
                new ApiParameter("query", "cursor", "Where the page before stopped; take next as it is."),
            ],
            Answers = new Dictionary<int, string> { [200] = "The errors, those with most jobs first." },
            Document = typeof(QueueErrorsDocument),
        },
        new("GET", "/v1/queues/{queue}/events", "queueEvents", "What happens to a queue's jobs from now on, as server-sent events", queueEvents.StreamAsync)
        {
            Parameters =
            [
                new ApiParameter("header", "Last-Event-ID", "Only events behind this one."),
                new ApiParameter("query", "after", "The same, for callers that cannot set the header."),
            ],
            ContentTypes = [JobEventsEndpoint.ContentType],
            Answers = new Dictionary<int, string> { [200] = "The events; the stream does not end by itself." },
        },
        new("GET", "/v1/jobs", "listJobs", "Jobs that match, newest first", list.ListAsync)
        {
            Parameters = Conditions,
            Answers = new Dictionary<int, string> { [200] = "A page of them; next and the Link header lead to the next." },
            Document = typeof(JobListDocument),
        },
        new("POST", "/v1/jobs/actions", "actOnJobs", "Cancel, re-drive or delete all jobs that match, as a job of its own; or count them", bulk.HandleAsync)
        {
            Body = ["application/json", "application/xml"],
            BodySchema = BulkSchemas.Request,
            Parameters = [Key],
            Answers = new Dictionary<int, string> { [200] = "A dry run: how many there are.", [202] = "The job that does it; Location says where to follow it." },
        },
        new("GET", "/v1/jobs/{id}", "showJob", "Where a job stands", jobs.StatusAsync)
        {
            Parameters = [Wait],
            Answers = new Dictionary<int, string> { [200] = "The job." },
            Document = typeof(JobDocument),
        },
        new("DELETE", "/v1/jobs/{id}", "cancelJob", "Cancel a job; no attempt starts any more, and one that runs is told to stop", actions.CancelAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The job, which has ended as cancelled." },
            Document = typeof(JobDocument),
        },
        new("GET", "/v1/jobs/{id}/result", "jobResult", "The result of a job, in its own media type", jobs.ResultAsync)
        {
            Parameters = [Wait],
            ContentTypes = ["*/*"],
            Answers = new Dictionary<int, string> { [200] = "The result.", [202] = "It has not ended.", [204] = "It ended without an output." },
        },
        new("GET", "/v1/jobs/{id}/events", "jobEvents", "What has happened to a job and happens, as server-sent events", events.StreamAsync)
        {
            Parameters =
            [
                new ApiParameter("header", "Last-Event-ID", "Only events behind this one."),
                new ApiParameter("query", "after", "The same, for callers that cannot set the header."),
            ],
            ContentTypes = [JobEventsEndpoint.ContentType],
            Answers = new Dictionary<int, string> { [200] = "The events; the stream ends after the job's end.", [204] = "The end was told already." },
        },
        new("GET", "/v1/jobs/{id}/timeline", "jobTimeline", "All attempts of a job and the waits between them", timeline.ShowAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The steps, in their order." },
            Document = typeof(TimelineDocument),
        },
        new("GET", "/v1/jobs/{id}/log", "jobLog", "The lines that a job's attempts have logged", log.ShowAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The lines of the last attempts that have ended." },
            Document = typeof(JobLogDocument),
        },
        new("POST", "/v1/jobs/{id}/delete", "deleteJob", "Forget an ended job, with its result, attempts and log", actions.DeleteAsync)
        {
            Answers = new Dictionary<int, string> { [204] = "There is no such job any more." },
        },
        new("POST", "/v1/jobs/{id}/redrive", "redriveJob", "Run a failed or cancelled job again, as a new job", actions.RedriveAsync)
        {
            Parameters = [Key],
            Answers = new Dictionary<int, string> { [202] = "The new job." },
            Document = typeof(JobDocument),
        },
    ];
}
