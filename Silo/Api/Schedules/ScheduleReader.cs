using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Api.Jobs.Workers;
using Hearth.Functions.Payloads;
using Hearth.Jobs;
using Hearth.Schedules;

namespace Hearth.Api.Schedules;

/// <summary>Reads definitions of schedules. The first mistake ends it; it names the member and the remedy.</summary>
internal sealed class ScheduleReader(JobBuilder builder)
{
    /// <summary>Names of the members that say when.</summary>
    public static readonly string[] Timing = ["cron", "every", "anchor", "at", "timeZone", "start", "end", "jitter", "calendar"];

    public static readonly string[] Known =
        [.. Timing, "description", "overlap", "catchUp", "catchUpWindow", "queue", "job", "paused", "reason"];

    public static readonly string[] Calendar = ["holidays", "windows", "outside", "timeZone", "loadMax"];

    public static readonly string[] Window = ["from", "to", "days"];

    /// <summary>What a schedule answers and cannot be told: passed over, so that a document can be sent back as it came.</summary>
    public static readonly string[] Answered = ["name", "pausedAt", "nextTick", "waiting", "createdAt", "updatedAt", "eTag", "runs", "error"];

    private static readonly DateTimeOffset AnyTick = new(2030, 1, 31, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A definition, and whether it is to be paused.</summary>
    /// <param name="name">The schedule's.</param>
    /// <param name="body">The document.</param>
    /// <param name="lenient">Whether numbers may be text, because it came as XML.</param>
    /// <param name="now">It must have a tick after this.</param>
    /// <exception cref="JobRejectedException">It is not as it has to be.</exception>
    public (ScheduleDefinition Definition, SchedulePause? Pause) Read(string name, JsonElement body, bool lenient, DateTimeOffset now)
    {
        var fields = new WorkerFields(body, "", lenient, [.. Known, .. Answered]);
        var plain = new ScheduleDefinition(ReadTiming(fields, lenient), fields.Text("queue") ?? ShardKey.DefaultQueue, Job(name, fields, lenient));
        var definition = plain with
        {
            Description = fields.Text("description") is { Length: > 0 } text ? text : null,
            Overlap = Choice(fields, "overlap", plain.Overlap),
            CatchUp = Choice(fields, "catchUp", plain.CatchUp),
            CatchUpWindow = fields.Duration("catchUpWindow", plain.CatchUpWindow, TimeSpan.Zero, ScheduleLimits.CatchUpWindowMax),
        };
        if (ScheduleRules.Check(name, definition, now) is { } mistake)
            throw Rejected(mistake);
        return (definition, Pause(fields, lenient));
    }

    /// <summary>When, of a body that says nothing else but how many ticks are wanted and from when on.</summary>
    public static (Timetable Table, DateTimeOffset? After, int Count) ReadPreview(string name, JsonElement body, bool lenient)
    {
        var fields = new WorkerFields(body, "", lenient, [.. Timing, "count", "after"]);
        var (table, mistake) = Timetable.Create(name, ReadTiming(fields, lenient));
        return (table ?? throw Rejected(mistake!), Time(fields, "after"), fields.Whole("count", 10, 1, ScheduleLimits.PreviewMax));
    }

    /// <summary>The time of a backfill, and whether its ticks wait for each other.</summary>
    public static (DateTimeOffset From, DateTimeOffset To, bool OneByOne) ReadBackfill(JsonElement body, bool lenient, DateTimeOffset now)
    {
        var fields = new WorkerFields(body, "", lenient, "from", "to", "overlap");
        var from = Time(fields, "from") ?? throw fields.Missing("from", "is the first time whose ticks run, such as \"2030-01-31T12:00:00Z\"");
        var to = Time(fields, "to") ?? throw fields.Missing("to", "is the time before which ticks run, such as \"2030-01-31T13:00:00Z\"");
        if (to <= from)
            throw fields.Rejected("to", "must be after from");
        if (from < now - ScheduleBook.RunsKept)
            throw fields.Rejected("from", string.Create(
                CultureInfo.InvariantCulture, $"must not be more than {ScheduleBook.RunsKept.Days} days ago: of ticks before, it is not known whether they have had a job"));
        if (to > now)
            throw fields.Rejected("to", "must not be in the future: the schedule itself sees to that");
        return Choice(fields, "overlap", OverlapPolicy.Allow) switch
        {
            OverlapPolicy.Allow => (from, to, false),
            OverlapPolicy.BufferAll => (from, to, true),
            _ => throw fields.Rejected("overlap", "must be allow (all at once) or bufferAll (one after the other)"),
        };
    }

    /// <summary>Why something is paused.</summary>
    public static string? ReadReason(JsonElement body, bool lenient) => Reason(new WorkerFields(body, "", lenient, "reason"));

    private static SchedulePause? Pause(WorkerFields fields, bool lenient)
    {
        if (!fields.Has("paused"))
            return null;
        var paused = fields["paused"];
        var isPaused = paused.ValueKind == JsonValueKind.True || (lenient && paused.ValueKind == JsonValueKind.String && paused.ValueEquals("true"));
        if (!isPaused && paused.ValueKind != JsonValueKind.False && !(lenient && paused.ValueKind == JsonValueKind.String && paused.ValueEquals("false")))
            throw fields.Rejected("paused", "must be true or false");
        return new SchedulePause(isPaused, isPaused ? Reason(fields) : null);
    }

    private static string? Reason(WorkerFields fields) => fields.Text("reason") is not { Length: > 0 } reason ? null
        : ScheduleRules.CheckText("reason", reason) is { } mistake ? throw Rejected(mistake)
        : reason;

    private static ScheduleTiming ReadTiming(WorkerFields fields, bool lenient) => new(
        fields.Text("cron"), fields.Text("timeZone"),
        fields.Has("every") ? fields.Duration("every", default, ScheduleLimits.EveryMin, ScheduleLimits.EveryMax) : null,
        Time(fields, "anchor"), Time(fields, "at"), Time(fields, "start"), Time(fields, "end"),
        fields.Has("jitter") ? fields.Duration("jitter", default, TimeSpan.Zero, ScheduleLimits.JitterMax) : null,
        fields.Has("calendar") ? ReadCalendar(fields["calendar"], lenient) : null);

    private static ScheduleCalendar ReadCalendar(JsonElement element, bool lenient)
    {
        var fields = new WorkerFields(element, "calendar.", lenient, Calendar);
        return new ScheduleCalendar(
            fields.Has("holidays") ? [.. fields.Array("holidays", ScheduleLimits.HolidaysMax, "days").Select((day, i) => Holiday(fields, day, i))] : null,
            fields.Has("windows") ? [.. fields.Array("windows", ScheduleLimits.WindowsMax, "windows").Select((w, i) => ReadWindow(w, i, lenient))] : null,
            Choice(fields, "outside", OutsidePolicy.Skip), fields.Text("timeZone"),
            fields.Has("loadMax") ? fields.Whole("loadMax", null, 1, 100) : null);
    }

    private static DateOnly Holiday(WorkerFields fields, JsonElement day, int index) =>
        DateOnly.TryParseExact(TextOf(day), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date
            : throw fields.Rejected(string.Create(CultureInfo.InvariantCulture, $"holidays[{index}]"), "must be a day such as \"2030-12-25\"");

    private static ScheduleWindow ReadWindow(JsonElement element, int index, bool lenient)
    {
        var fields = new WorkerFields(element, string.Create(CultureInfo.InvariantCulture, $"calendar.windows[{index}]."), lenient, Window);
        return new ScheduleWindow(
            Clock(fields, "from"), Clock(fields, "to"),
            fields.Has("days") ? [.. fields.Array("days", 7, "days").Select(day => Choice<DayOfWeek>(fields, "days", TextOf(day)))] : null);
    }

    /// <returns>Empty where it is no text, or one that JSON can spell and UTF-16 cannot hold.</returns>
    private static string TextOf(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    private static TimeSpan Clock(WorkerFields fields, string name)
    {
        var text = fields.Text(name) ?? throw fields.Missing(name, "is a time of day such as \"09:00\"");
        if (text == "24:00")
            return TimeSpan.FromDays(1);
        return TimeOnly.TryParseExact(text, ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time.ToTimeSpan()
            : throw fields.Rejected(name, "must be a time of day such as \"09:00\", or \"24:00\" for its end");
    }

    private static DateTimeOffset? Time(WorkerFields fields, string name) =>
        fields.Text(name) is not { } text ? null
        : TimeText.Parse(text) is not { } time ? throw fields.Rejected(name, "must be " + TimeText.Example)
        : TimingRules.CheckTime(fields.PathOf(name), time) is { } mistake ? throw Rejected(mistake)
        : time;

    private static T Choice<T>(WorkerFields fields, string name, T fallback)
        where T : struct, Enum => fields.Text(name) is { } text ? Choice<T>(fields, name, text) : fallback;

    private static T Choice<T>(WorkerFields fields, string name, string text)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>();
        return Array.FindIndex(names, n => JsonNamingPolicy.CamelCase.ConvertName(n) == text) is >= 0 and var index
            ? Enum.Parse<T>(names[index])
            : throw fields.Rejected(name, $"must be one of {string.Join(", ", names.Select(JsonNamingPolicy.CamelCase.ConvertName))}");
    }

    /// <summary>The job is checked as it will be at a tick; what is stored has the marks in it.</summary>
    private JobSpec Job(string name, WorkerFields fields, bool lenient)
    {
        if (!fields.Has("job") || fields["job"] is not { ValueKind: JsonValueKind.Object } job)
            throw fields.Missing("job", "must be an object such as {\"function\": \"echo\", \"input\": 1}");
        if (job.EnumerateObject().FirstOrDefault(m => !HasMarks(m) && ScheduleJobs.HasMarks(m.Value.GetRawText())) is { Value.ValueKind: not JsonValueKind.Undefined } marked)
            throw fields.Rejected("job." + Problems.Shown(marked.Name), "must be without {{tick}} and {{schedule}}: they are filled in input and inputText only");
        var text = job.GetRawText();
        try
        {
            var request = JobReader.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(ScheduleJobs.Fill(text, name, AnyTick))), builder, lenient);
            return request.Jobs[0] with { Input = Unfilled(job, request.Jobs[0]) };
        }
        catch (JobRejectedException e)
        {
            throw new JobRejectedException(e.Problem with { Field = e.Problem.Field is null or "$" ? "job" : "job." + e.Problem.Field });
        }
    }

    /// <summary>Whether marks are filled in this member of a job.</summary>
    private static bool HasMarks(JsonProperty member) => member.NameEquals("input") || member.NameEquals("inputText");

    private static ReadOnlyMemory<byte> Unfilled(JsonElement job, JobSpec spec) =>
        spec.Input.Length == 0 ? spec.Input
        : job.TryGetProperty("input", out var input) && spec.ContentType == MediaTypes.Json ? Encoding.UTF8.GetBytes(input.GetRawText())
        : job.TryGetProperty("inputText", out var inputText) ? Encoding.UTF8.GetBytes(inputText.GetString()!)
        : spec.Input;

    private static JobRejectedException Rejected(JobMistake mistake) => new(Problems.InvalidInput(mistake.Detail, mistake.Field));
}
