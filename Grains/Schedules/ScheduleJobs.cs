using System.Globalization;
using System.Text;
using Hearth.Functions.Payloads;
using Hearth.Jobs;

namespace Hearth.Schedules;

/// <summary>The jobs of a schedule.</summary>
internal static class ScheduleJobs
{
    public const string TagPrefix = "schedule:";
    private const string TickMark = "{{tick}}";
    private const string NameMark = "{{schedule}}";

    /// <summary>The job of a tick.</summary>
    public static JobSpec Of(string name, JobSpec job, DateTimeOffset tick, DateTimeOffset now)
    {
        var options = job.Options ?? JobOptions.Default;
        return job with
        {
            Input = Fill(name, job, tick),
            Options = options with
            {
                Tags = [.. options.Tags ?? [], TagPrefix + name],
                ExpireAfter = null,
                ExpiresAt = options.ExpireAfter is { } after ? now + after : options.ExpiresAt,
            },
        };
    }

    /// <summary>A job such as a schedule submits.</summary>
    public static JobSpec Of(Schedule schedule, DateTimeOffset now) => Of(schedule.Name, schedule.Definition.Job, now, now);

    /// <summary>Text with the tick and the schedule in the places of their marks.</summary>
    public static string Fill(string text, string name, DateTimeOffset tick) => text
        .Replace(TickMark, tick.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture))
        .Replace(NameMark, name);

    public static bool HasMarks(string text) =>
        text.Contains(TickMark, StringComparison.Ordinal) || text.Contains(NameMark, StringComparison.Ordinal);

    private static ReadOnlyMemory<byte> Fill(string name, JobSpec job, DateTimeOffset tick)
    {
        var isText = job.ContentType == MediaTypes.Json || job.ContentType.StartsWith("text/", StringComparison.Ordinal);
        return isText && job.Input.Span.IndexOf("{{"u8) >= 0 ? Encoding.UTF8.GetBytes(Fill(Encoding.UTF8.GetString(job.Input.Span), name, tick)) : job.Input;
    }
}
