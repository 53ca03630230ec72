using System.Globalization;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;
using Hearth.Jobs;

namespace Hearth.Api.Http;

/// <summary>Every problem that the API answers, in one place; docs/reference/problems.md lists them.</summary>
internal static class Problems
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    public static Problem ForeignHost { get; } = new(
        "foreign-host", 403, "Host not allowed", "Without an admin key Hearth answers to localhost, 127.0.0.1 and [::1] only.");

    public static Problem ForeignOrigin { get; } = new(
        "foreign-origin", 403, "Origin not allowed", "Requests of web pages of another origin are refused.");

    public static Problem NoKey { get; } = new(
        "no-key", 401, "Key needed", "Send the admin key: Authorization: Bearer <key>.");

    public static Problem NotFound { get; } = new("not-found", 404, "Not found", "Nothing is served here; /openapi/v1.json lists what is.");

    public static Problem StoreUnavailable { get; } = new(
        "store-unavailable", 503, "Store unavailable", "The store cannot be written now; nothing was accepted. Try again.") { RetryAfter = Soon };

    public static Problem StoreUnreadable { get; } = StoreUnavailable with { Detail = "The store cannot be reached now; nothing was changed. Try again." };

    public static Problem Internal { get; } = new(
        "internal", 500, "Internal error", "This is a defect of Hearth; the silo's log has the details.");

    public static Problem UnknownFunction(string name, IReadOnlyList<string> near) => new(
        "unknown-function", 404, "Unknown function",
        near.Count == 0
            ? $"No function '{Shown(name)}' is served; GET /v1/functions lists them."
            : $"No function '{Shown(name)}' is served. Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?")
    {
        Choices = near,
    };

    public static Problem OutcomeUnknown { get; } = new(
        "outcome-unknown", 503, "Outcome unknown",
        "The store did not answer in time: whether it was done is not known. Send the same request again; jobs with the same Idempotency-Key, so that they are not stored twice.")
    {
        RetryAfter = Soon,
    };

    public static Problem KeyInProgress { get; } = new(
        "key-in-progress", 409, "Idempotency key in progress", "The first request with this Idempotency-Key has not been stored yet. Try again.")
    {
        RetryAfter = Soon,
    };

    public static Problem TooManyQueues(string detail) => new("too-many-queues", 422, "Too many queues", detail) { Field = "queue" };

    public static Problem QueueFull(string queue, int depth, int depthMax) => new(
        "queue-full", 429, "Queue full",
        string.Create(CultureInfo.InvariantCulture, $"Queue '{queue}' has {depth} jobs that have not ended; it takes at most {depthMax}. Nothing was accepted. Try again when some have ended."))
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public static Problem UnknownQueue(string name) => new(
        "unknown-queue", 404, "Unknown queue", $"There is no queue '{Shown(name)}'; GET /v1/queues lists them. A queue is made by its first job.");

    public static Problem JobEnded(JobId id, JobState state) => new(
        "job-ended", 409, "Job ended", $"Job '{id}' had ended before: {state.ToString().ToLowerInvariant()}. What has ended stays as it is.");

    public static Problem JobCancelled(string? why) => new(
        "job-cancelled", 410, "Job cancelled", (why ?? "Cancelled.") + " It has no result, and will have none.");

    public static Problem JobOpen(JobId id) => new(
        "job-open", 409, "Job open", $"Job '{id}' has not ended: only failed and cancelled jobs can be run again. Cancel it first, or wait for its end.");

    public static Problem JobSucceeded(JobId id) => new(
        "job-succeeded", 409, "Job succeeded", $"Job '{id}' has succeeded: only failed and cancelled jobs can be run again. Submit a new job.");

    public static Problem TooManyStreams(int streamsMax) => new(
        "too-many-streams", 429, "Too many streams",
        string.Create(CultureInfo.InvariantCulture, $"This silo streams the events of {streamsMax} jobs at once and no more. Try again, or ask for the job's state: GET /v1/jobs/{{id}}?wait=30s."))
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public static Problem Damaged { get; } = new(
        "damaged", 500, "Stored data damaged", "What is stored of this job is not what was written: the disk or the database has damaged it. Restore a backup.");

    public static Problem UnknownJob(string id) => new(
        "unknown-job", 404, "Unknown job", $"There is no job '{Shown(id)}'.");

    public static Problem KeyReused { get; } = new(
        "key-reused", 422, "Idempotency key reused", "This Idempotency-Key was used within 24 hours for another request: use a new key for a new job.");

    public static Problem KeyOfStream { get; } = new(
        "invalid-key", 400, "Invalid idempotency key", "A stream takes no Idempotency-Key, because it is not accepted whole: give each job its own unique.key.");

    public static Problem KeyAndUnique(int index) => InvalidInput(
        "An Idempotency-Key and unique jobs do not go together in a request of several jobs: leave out one of them.",
        string.Create(CultureInfo.InvariantCulture, $"[{index}].unique"));

    public static Problem StreamIdle { get; } = new(
        "too-slow", 408, "Too slow", "Nothing came for 5 minutes. Send the lines that have no answer again.");

    public static Problem LineTooLong(long line, int bytesMax) => new(
        "too-large", 413, "Too large", string.Create(CultureInfo.InvariantCulture, $"Line {line} is longer than {bytesMax} bytes."));

    public static Problem InvalidKey { get; } = new(
        "invalid-key", 400, "Invalid idempotency key", "Idempotency-Key must be one value of 1 to 255 printable ASCII characters.");

    public static Problem MethodNotAllowed(string detail) => new("method-not-allowed", 405, "Method not allowed", detail);

    public static Problem NotAcceptable(IEnumerable<string> offered) => new(
        "not-acceptable", 406, "Not acceptable", $"This is offered as {string.Join(", ", offered)}.") { Choices = [.. offered] };

    public static Problem TooLarge(long bytesMax) => new(
        "too-large", 413, "Too large", string.Create(CultureInfo.InvariantCulture, $"The body may have at most {bytesMax} bytes."));

    public static Problem InputTooLarge(string function, long bytesMax, string field) => new(
        "too-large", 413, "Too large", string.Create(CultureInfo.InvariantCulture, $"The input of function '{function}' may have at most {bytesMax} bytes."))
    {
        Field = field,
    };

    public static Problem TooManyJobs { get; } = new(
        "too-large", 413, "Too large",
        string.Create(CultureInfo.InvariantCulture, $"A request may have at most {JobLimits.RequestJobsMax} jobs: send several, or a stream of application/x-ndjson."));

    public static Problem UnsupportedMediaType(string given, IReadOnlyList<string> taken) => new(
        "unsupported-media-type", 415, "Unsupported media type",
        given.Length == 0
            ? $"Say what the body is: Content-Type: {string.Join(" or ", taken)}."
            : $"'{Shown(given)}' is not taken; send Content-Type: {string.Join(" or ", taken)}.")
    {
        Choices = taken,
    };

    public static Problem UnsupportedEncoding { get; } = new(
        "unsupported-encoding", 415, "Unsupported content encoding", "Send the body without Content-Encoding.");

    public static Problem UnsupportedCharset { get; } = new(
        "unsupported-media-type", 415, "Unsupported media type", "Send the body as UTF-8, without another charset in Content-Type.");

    public static Problem Malformed(string detail) => new("malformed", 400, "Malformed", detail);

    public static Problem InvalidInput(string detail, string? field) => new("invalid-input", 422, "Invalid input", detail) { Field = field };

    /// <summary>The problem of a request that the server itself could not read.</summary>
    public static Problem From(BadHttpRequestException error) => error.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => new("too-large", error.StatusCode, "Too large", error.Message),
        StatusCodes.Status408RequestTimeout => new("too-slow", error.StatusCode, "Too slow", error.Message),
        _ => new("malformed", error.StatusCode, "Malformed", error.Message),
    };

    public static Problem From(InputError error) => error.Malformed ? Malformed(error.Detail) : InvalidInput(error.Detail, error.Field);

    public static Problem Busy(ServedFunction function) => new(
        "busy", 429, "Busy",
        string.Create(CultureInfo.InvariantCulture, $"All {function.Options.Concurrency} runs of function '{function.Name}' are in use. Try again, or submit it as a job: Prefer: respond-async."))
    {
        RetryAfter = Soon,
    };

    /// <summary>The problem of a run that did not succeed.</summary>
    public static Problem From(ServedFunction function, RunOutcome outcome) => outcome.End switch
    {
        RunEnd.TimedOut => new("timeout", 504, "Timeout", RunErrors.Describe(function, outcome) + " Ask for less at once, or raise the function's timeout."),
        RunEnd.Cancelled => new("cancelled", 503, "Cancelled", RunErrors.Describe(function, outcome)) { RetryAfter = Soon },
        _ => new("function-failed", 500, "Function failed", RunErrors.Describe(function, outcome)),
    };

    public static Problem OutputTooLarge(ServedFunction function) => new(
        "output-too-large", 500, "Output too large",
        string.Create(CultureInfo.InvariantCulture, $"Function '{function.Name}' wrote more than {function.Output.BytesMax} bytes."));

    /// <summary>What a caller sent, as it may be shown back.</summary>
    public static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
