using System.Security.Cryptography;
using System.Text.Json;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>
/// All that is stored of a row, as text to compare: two rows are the same when their texts are. Times as stores keep them (microseconds);
/// nothing asked for is the same as asking for the defaults.
/// </summary>
internal static class RowText
{
    public static string Of(JobRow row) => Json(new { Id = row.Id.ToString(), Spec = Spec(row.Spec) });

    public static string Of(InboxRow row) => Json(new { Id = row.Job.Id.ToString(), Spec = Spec(row.Job.Spec), row.IsStored });

    public static string Of(JobEnd? end) => end is not { } known ? "none" : Json(new
    {
        Id = known.Id.ToString(), known.State, known.Attempt, StartedAt = Time(known.StartedAt), EndedAt = Time(known.EndedAt),
        Result = Bytes(known.Result), known.ContentType, known.Error, known.ErrorType,
    });

    public static string Of(JobAttemptRow row) => Json(new
    {
        Id = row.Id.ToString(), row.Attempt, row.Kind, At = Time(row.At), StartedAt = Time(row.StartedAt), RetryAt = Time(row.RetryAt),
        row.Error, row.ErrorType,
    });

    public static string Of(JobNoteRow row) =>
        Json(new { Id = row.Id.ToString(), row.Number, row.Kind, row.Attempt, At = Time(row.At), row.Text });

    public static string Of(JobLeaseRow row) => Json(new
    {
        Id = row.Id.ToString(), row.Attempt, row.Number, StartedAt = Time(row.StartedAt), Until = Time(row.Until), row.Worker,
    });

    public static string Of(JobKeyRow row) =>
        Json(new { row.Kind, Hash = Bytes(row.Hash), Id = row.Id.ToString(), row.Count, BodyHash = Bytes(row.BodyHash) });

    public static string Of(JobHistory history) =>
        string.Join('\n', history.Attempts.Select(Of).Concat(history.Notes.Select(Of)));

    public static string Of(OpenJob job) => Json(new
    {
        Id = job.Id.ToString(), job.Function, job.Priority, DueAt = Time(job.DueAt), ExpiresAt = Time(job.ExpiresAt),
        job.Attempt, job.Failures, job.Crashes, job.IsSnoozed, job.Key,
    });

    public static string Of(JobView? view) => view is null ? "none" : Json(new
    {
        Id = view.Id.ToString(), view.Function, view.State, view.Priority, DueAt = Time(view.DueAt), ExpiresAt = Time(view.ExpiresAt),
        view.Attempt, StartedAt = Time(view.StartedAt), EndedAt = Time(view.EndedAt), view.Error, view.ErrorType, view.ResultContentType,
        Tags = view.Tags is { Count: > 0 } tags ? tags : null, RedriveOf = view.RedriveOf?.ToString(), view.Key,
    });

    private static object Spec(JobSpec spec)
    {
        var options = spec.Options ?? JobOptions.Default;
        return new
        {
            spec.Function, spec.ContentType, Input = Bytes(spec.Input),
            Parameters = options.Parameters is { Count: > 0 } parameters ? parameters.OrderBy(p => p.Key, StringComparer.Ordinal) : null,
            options.Lenient, DueAt = Time(options.DueAt), ExpiresAt = Time(options.ExpiresAt), options.Priority, options.Timeout, options.Retry,
            Tags = options.Tags is { Count: > 0 } tags ? tags : null, options.Unique, options.TraceParent,
            RedriveOf = options.RedriveOf?.ToString(), options.Key,
        };
    }

    private static string? Time(DateTimeOffset? time) =>
        time is { } known ? new DateTime(known.UtcTicks - (known.UtcTicks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc).ToString("O") : null;

    private static string Bytes(ReadOnlyMemory<byte> bytes) => $"{bytes.Length}:{Convert.ToHexString(SHA256.HashData(bytes.Span))}";

    private static string Json<T>(T row) => JsonSerializer.Serialize(row);
}
