using System.Globalization;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;
using Hearth.Jobs;
using Hearth.Objects;
using Hearth.Queues;

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

    public static Problem SiloUnavailable { get; } = new(
        "silo-unavailable", 503, "Silo unavailable", "The silo that has to do with this is not there now, and no other has taken over yet; nothing was done. Try again.")
    {
        RetryAfter = Soon,
    };

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
        RetryAfter = TimeSpan.FromSeconds(5), Full = (queue, depth, depthMax),
    };

    public static Problem UnknownQueue(string name) => new(
        "unknown-queue", 404, "Unknown queue", $"There is no queue '{Shown(name)}'; GET /v1/queues lists them. A queue is made by its first job.");

    public static Problem UnknownSchedule(string name) => new(
        "unknown-schedule", 404, "Unknown schedule", $"There is no schedule '{Shown(name)}'; GET /v1/schedules lists them, PUT /v1/schedules/{Shown(name)} makes it.");

    public static Problem QueueChanged(string name) => PreconditionFailed($"The definition of queue '{Shown(name)}'", $"/v1/queues/{Shown(name)}");

    public static Problem ScheduleChanged(string name) => PreconditionFailed($"Schedule '{Shown(name)}'", $"/v1/schedules/{Shown(name)}");

    public static Problem ScheduleUnreadable(string detail) => new("schedule-unreadable", 500, "Schedule unreadable", detail);

    public static Problem BackfillTooLarge { get; } = InvalidInput(
        string.Create(CultureInfo.InvariantCulture, $"A backfill has at most {Hearth.Schedules.ScheduleLimits.BackfillMax} ticks, those that wait already included: ask for a shorter time. Nothing was submitted."),
        "to");

    public static Problem ScheduleStoreUnavailable { get; } = StoreUnavailable with
    {
        Detail = "The store cannot be reached now: whether a change was stored is not known where it was lost in between. Read the schedule, or send the same again.",
    };

    public static Problem TooManyGenerations(string queue) => new(
        "too-many-generations", 409, "Too many changes of shards",
        string.Create(CultureInfo.InvariantCulture, $"Pool or shards of queue '{Shown(queue)}' have been changed {QueueRules.GenerationsMax} times within 7 days, for which keys are remembered. Change something else, or wait."));

    public static Problem UnknownSilo(string name) => new(
        "unknown-silo", 404, "Unknown silo", $"No silo '{Shown(name)}' is in the cluster; GET /v1/silos lists those that are.");

    public static Problem JobEnded(JobId id, JobState state) => new(
        "job-ended", 409, "Job ended", $"Job '{id}' had ended before: {state.ToString().ToLowerInvariant()}. What has ended stays as it is.");

    public static Problem JobFailed(string? why) => new("job-failed", 500, "Job failed", why);

    public static Problem JobCancelled(string? why) => new(
        "job-cancelled", 410, "Job cancelled", (why ?? "Cancelled.") + " It has no result, and will have none.");

    public static Problem JobOpen(JobId id) => new(
        "job-open", 409, "Job open", $"Job '{id}' has not ended: only failed and cancelled jobs can be run again. Cancel it first, or wait for its end.");

    public static Problem JobNotEnded(JobId id) => new(
        "job-open", 409, "Job open", $"Job '{id}' has not ended: only ended jobs can be deleted. Cancel it first, or wait for its end.");

    public static Problem JobSucceeded(JobId id) => new(
        "job-succeeded", 409, "Job succeeded", $"Job '{id}' has succeeded: only failed and cancelled jobs can be run again. Submit a new job.");

    public static Problem TooManyStreams(int streamsMax) => new(
        "too-many-streams", 429, "Too many streams",
        string.Create(CultureInfo.InvariantCulture, $"This silo streams the events of {streamsMax} jobs at once and no more. Try again, or ask for the job's state: GET /v1/jobs/{{id}}?wait=30s."))
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public static Problem TooManyQueueStreams(int streamsMax) => new(
        "too-many-streams", 429, "Too many streams",
        string.Create(CultureInfo.InvariantCulture, $"This silo streams the events of queues to {streamsMax} callers at once and no more. Try again, or ask for the queue's jobs: GET /v1/jobs?queue=NAME."))
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

    public static Problem ResultTooLarge(long bytesMax, string field) => new(
        "too-large", 413, "Too large", string.Create(CultureInfo.InvariantCulture, $"A result may have at most {bytesMax} bytes: keep it elsewhere, and send where it is."))
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

    public static Problem RunOutside(string function) => new(
        "run-outside", 409, "Run outside",
        $"Function '{function}' is run by workers outside, which take jobs only: send Prefer: respond-async, or Prefer: wait=30 to wait for the result.");

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
        _ when outcome.Error is FunctionOutcomeException { Wait: { } wait } => NotNow(RunErrors.Describe(function, outcome), wait),
        _ => new("function-failed", 500, "Function failed", RunErrors.Describe(function, outcome)),
    };

    /// <summary>The function itself asks to be called again later.</summary>
    private static Problem NotNow(string? reason, TimeSpan wait) => new("not-now", 503, "Not now", reason) { RetryAfter = wait };

    /// <summary>The problem of a call that another silo ran, or did not.</summary>
    public static Problem From(ServedFunction function, ComputeResult result) => result.End switch
    {
        ComputeEnd.Malformed => Malformed(result.Error ?? ""),
        ComputeEnd.Invalid => InvalidInput(result.Error ?? "", result.Field),
        ComputeEnd.TimedOut => new("timeout", 504, "Timeout", result.Error + " Ask for less at once, or raise the function's timeout."),
        ComputeEnd.Cancelled => new("cancelled", 503, "Cancelled", result.Error ?? $"The run of function '{function.Name}' was cancelled.") { RetryAfter = Soon },
        ComputeEnd.Failed when result.RetryAfter is { } wait => NotNow(result.Error, wait),
        ComputeEnd.TooLarge => OutputTooLarge(function, Math.Min(function.Output.BytesMax, ComputeCall.BytesMax)),
        _ => new("function-failed", 500, "Function failed", result.Error),
    };

    public static Problem PoolEmpty(ServedFunction function) => new(
        "pool-empty", 503, "Pool empty",
        function.Options.Pool is { } pool
            ? $"Function '{function.Name}' runs in pool '{pool}', which has no silo that serves it now: start one with --pool {pool}. A job would wait: Prefer: respond-async."
            : $"No silo that takes work serves function '{function.Name}' now: start one with the role worker. A job would wait: Prefer: respond-async.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public static Problem QueueWithoutSilo(string detail) => new("pool-empty", 503, "Pool empty", detail) { RetryAfter = TimeSpan.FromSeconds(5) };

    public static Problem SiloLost(string function) => new(
        "silo-lost", 503, "Silo lost", $"The silo that ran function '{function}' is gone: how far it came is not known. Call again if that does no harm.")
    {
        RetryAfter = Soon,
    };

    public static Problem TooLargeElsewhere(string function) => new(
        "too-large", 413, "Too large",
        string.Create(CultureInfo.InvariantCulture, $"Function '{function}' runs on other silos, which take at most {ComputeCall.BytesMax} bytes: call a silo of its pool."));

    public static Problem OutputTooLarge(ServedFunction function) => OutputTooLarge(function, function.Output.BytesMax);

    private static Problem OutputTooLarge(ServedFunction function, long bytesMax) => new(
        "output-too-large", 500, "Output too large",
        string.Create(CultureInfo.InvariantCulture, $"Function '{function.Name}' wrote more than {bytesMax} bytes."));

    public static Problem UnknownObject(string name, IReadOnlyList<string> near) => new(
        "unknown-object", 404, "Unknown object",
        near.Count == 0
            ? $"No object '{Shown(name)}' is served; GET /v1/objects lists them."
            : $"No object '{Shown(name)}' is served. Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?")
    {
        Choices = near,
    };

    public static Problem UnknownOperation(ServedObject served, string operation) => new(
        "unknown-operation", 404, "Unknown operation", $"Object '{served.Name}' has no operation '{Shown(operation)}'; it has {string.Join(", ", served.Operations.Keys.Order())}.")
    {
        Choices = [.. served.Operations.Keys.Order()],
    };

    public static Problem NoState(string name, string key) => new(
        "no-state", 404, "No state", $"There is no '{name}' with the key '{Shown(key)}': nothing is stored of it.");

    public static Problem KeyOfOperation { get; } = new(
        "invalid-key", 400, "Invalid idempotency key",
        "An operation takes no Idempotency-Key, because what it answered is not kept. Send an id in the input, and let the state remember it.");

    public static Problem BusyObject(ServedObject served) => new(
        "busy", 429, "Busy",
        string.Create(CultureInfo.InvariantCulture, $"{ServedObject.CallsMax} calls of objects '{served.Name}' are under way on this silo, and it takes no more. Nothing was changed. Try again."))
    {
        RetryAfter = Soon,
    };

    public static Problem ObjectMoved { get; } = new(
        "object-moved", 503, "Object moved", "Another silo has taken the object over and changed it. Nothing of this request was stored, but the operation had run. Try again.")
    {
        RetryAfter = Soon,
    };

    public static Problem ObjectSilent { get; } = OutcomeUnknown with
    {
        Detail = "The object did not answer: whether the operation was done is not known. Read the object, or send the same again if doing it twice does no harm.",
    };

    /// <summary>The problem of an operation that did not succeed.</summary>
    public static Problem From(ServedObject served, ObjectCall call, ObjectAnswer answer) => answer.End switch
    {
        ObjectEnd.Malformed => Malformed(answer.Detail ?? ""),
        ObjectEnd.Invalid => InvalidInput(answer.Detail ?? "", answer.Field),
        ObjectEnd.Unknown => UnknownOperation(served, call.Operation),
        ObjectEnd.TimedOut => new("timeout", 504, "Timeout", answer.Detail),
        ObjectEnd.Cancelled => new("cancelled", 503, "Cancelled", answer.Detail) { RetryAfter = Soon },
        ObjectEnd.Busy => new("busy", 429, "Busy", answer.Detail) { RetryAfter = Soon },
        ObjectEnd.StateTooLarge => new(
            "state-too-large", 409, "State too large",
            string.Create(CultureInfo.InvariantCulture, $"The state would have more than {served.Options.StateBytesMax} bytes of JSON. Nothing was changed.")),
        ObjectEnd.OutputTooLarge => new(
            "output-too-large", 500, "Output too large",
            string.Create(CultureInfo.InvariantCulture, $"Operation '{call.Operation}' answered more than {ObjectOptions.OutputBytesMax} bytes. Nothing was changed.")),
        ObjectEnd.Unreadable => new("state-unreadable", 500, "State unreadable", answer.Detail),
        _ => new("operation-failed", 500, "Operation failed", answer.Detail),
    };

    private static Problem PreconditionFailed(string what, string path) => new(
        "precondition-failed", 412, "Precondition failed", $"{what} is not what If-Match or If-None-Match say: read it again (GET {path}), and change what is there.");

    /// <summary>What a caller sent, as it may be shown back.</summary>
    public static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
