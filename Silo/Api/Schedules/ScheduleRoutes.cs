using Hearth.Api.OpenApi;

namespace Hearth.Api.Schedules;

/// <summary>The routes of schedules.</summary>
internal sealed class ScheduleRoutes(ScheduleEndpoints schedules, ScheduleActions actions, ScheduleLists lists)
{
    private static readonly string[] Notations = ["application/json", "application/xml"];

    private static readonly ApiParameter Match = new("header", "If-Match", "Only if the schedule has this ETag; *: only if there is one.");
    private static readonly ApiParameter NoneMatch = new("header", "If-None-Match", "*: only if there is no schedule with this name.");
    private static readonly ApiParameter Cursor = new("query", "cursor", "Where the page before stopped; take next as it is.");

    public IReadOnlyList<ApiRoute> Table() =>
    [
        new("GET", "/v1/schedules", "listSchedules", "The schedules, by name", lists.ListAsync)
        {
            Parameters = [new ApiParameter("query", "limit", "Schedules on a page: 1 to 1,000; 50 by default."), Cursor],
            Answers = new Dictionary<int, string> { [200] = "A page of them; next and the Link header lead to the next." },
            Document = typeof(SchedulesDocument),
        },
        new("GET", "/v1/schedules/{name}", "showSchedule", "A schedule, its state and its next tick", schedules.ShowAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The schedule; ETag is what If-Match takes." }, Document = typeof(ScheduleDocument),
        },
        new("PUT", "/v1/schedules/{name}", "putSchedule", "Make a schedule, or give it another definition", schedules.PutAsync)
        {
            Body = Notations, BodySchema = ScheduleSchemas.Schedule, Parameters = [Match, NoneMatch],
            Answers = new Dictionary<int, string> { [200] = "The schedule, changed.", [201] = "The schedule, new." }, Document = typeof(ScheduleDocument),
        },
        new("PATCH", "/v1/schedules/{name}", "patchSchedule", "Change some members of a schedule; null takes one away", schedules.PatchAsync)
        {
            Body = Notations, BodySchema = ScheduleSchemas.Patch, Parameters = [Match],
            Answers = new Dictionary<int, string> { [200] = "The schedule, changed." }, Document = typeof(ScheduleDocument),
        },
        new("DELETE", "/v1/schedules/{name}", "deleteSchedule", "Delete a schedule and the list of its runs; its jobs stay", schedules.DeleteAsync)
        {
            Parameters = [Match], Answers = new Dictionary<int, string> { [204] = "It is gone." },
        },
        new("POST", "/v1/schedules/{name}/preview", "previewSchedule", "The ticks that a schedule of this name would have; nothing is stored", schedules.PreviewAsync)
        {
            Body = Notations, BodySchema = ScheduleSchemas.Preview,
            Answers = new Dictionary<int, string> { [200] = "The ticks." }, Document = typeof(TicksDocument),
        },
        new("GET", "/v1/schedules/{name}/next", "nextTicks", "The next ticks of a schedule, also while it is paused", lists.NextAsync)
        {
            Parameters =
            [
                new ApiParameter("query", "count", "1 to 1,000; 10 by default."), new ApiParameter("query", "after", "Ticks after this time (RFC 3339); now by default."),
            ],
            Answers = new Dictionary<int, string> { [200] = "The ticks." }, Document = typeof(TicksDocument),
        },
        new("GET", "/v1/schedules/{name}/runs", "listScheduleRuns", "What became of a schedule's ticks, the latest first", lists.RunsAsync)
        {
            Parameters = [new ApiParameter("query", "limit", "Runs on a page: 1 to 1,000; 50 by default."), Cursor],
            Answers = new Dictionary<int, string> { [200] = "A page of them; next and the Link header lead to the next." },
            Document = typeof(ScheduleRunsDocument),
        },
        new("POST", "/v1/schedules/{name}/pause", "pauseSchedule", "Pause a schedule", actions.PauseAsync)
        {
            Body = Notations, BodySchema = ScheduleSchemas.Pause, Parameters = [Match],
            Answers = new Dictionary<int, string> { [200] = "The schedule, paused." }, Document = typeof(ScheduleDocument),
        },
        new("POST", "/v1/schedules/{name}/resume", "resumeSchedule", "Let a schedule tick again, from now on", actions.ResumeAsync)
        {
            Parameters = [Match], Answers = new Dictionary<int, string> { [200] = "The schedule." }, Document = typeof(ScheduleDocument),
        },
        new("POST", "/v1/schedules/{name}/trigger", "triggerSchedule", "Submit a schedule's job now, also while it is paused", actions.TriggerAsync)
        {
            Parameters = [new ApiParameter("header", "Idempotency-Key", "The same key gives the same run, as long as runs are kept (30 days).")],
            Answers = new Dictionary<int, string> { [202] = "The run; Location leads to its job." }, Document = typeof(ScheduleRunDocument),
        },
        new("POST", "/v1/schedules/{name}/backfill", "backfillSchedule", "Run the ticks of a time that have no job", actions.BackfillAsync)
        {
            Body = Notations, BodySchema = ScheduleSchemas.Backfill,
            Answers = new Dictionary<int, string> { [202] = "How many ticks that were, and how many jobs were submitted." }, Document = typeof(BackfillDocument),
        },
    ];
}
