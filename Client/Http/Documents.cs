using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hearth.Client.Http;

/// <summary>What the API answers around lists.</summary>
internal sealed record JobPage(IReadOnlyList<Job> Jobs, string? Next);

internal sealed record ErrorPage(IReadOnlyList<ErrorGroup> Errors, string? Next);

internal sealed record StatePage(IReadOnlyList<StateInfo> Keys, string? Next);

internal sealed record SubmittedJobs(IReadOnlyList<SubmittedJob> Jobs);

internal sealed record FunctionsDocument(IReadOnlyList<FunctionInfo> Functions);

internal sealed record QueuesDocument(IReadOnlyList<QueueInfo> Queues);

internal sealed record SilosDocument(IReadOnlyList<SiloInfo> Silos);

internal sealed record SchedulePage(IReadOnlyList<ScheduleInfo> Schedules, string? Next);

internal sealed record RunPage(IReadOnlyList<ScheduleRun> Runs, string? Next);

internal sealed record TickPage(IReadOnlyList<ScheduleTick> Ticks);

internal sealed record ProblemDocument(
    string? Type, string? Title, int? Status, string? Detail, string? Field, IReadOnlyList<string>? Choices, string? TraceId);

/// <summary>Members that are not known are passed over: a newer silo may have more.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Job))]
[JsonSerializable(typeof(JobPage))]
[JsonSerializable(typeof(ErrorPage))]
[JsonSerializable(typeof(JobCount))]
[JsonSerializable(typeof(JobTimeline))]
[JsonSerializable(typeof(StatePage))]
[JsonSerializable(typeof(SubmittedJob))]
[JsonSerializable(typeof(SubmittedJobs))]
[JsonSerializable(typeof(FunctionInfo))]
[JsonSerializable(typeof(FunctionsDocument))]
[JsonSerializable(typeof(QueueInfo))]
[JsonSerializable(typeof(QueuesDocument))]
[JsonSerializable(typeof(SilosDocument))]
[JsonSerializable(typeof(HealthInfo))]
[JsonSerializable(typeof(ScheduleInfo))]
[JsonSerializable(typeof(SchedulePage))]
[JsonSerializable(typeof(ScheduleRun))]
[JsonSerializable(typeof(RunPage))]
[JsonSerializable(typeof(TickPage))]
[JsonSerializable(typeof(ScheduleBackfill))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ClientJson : JsonSerializerContext;
