using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Hearth.Client.Http;

/// <summary>Writes jobs as <c>POST /v1/queues/{queue}/jobs</c> takes them. What was not said is left out: the silo knows the defaults.</summary>
internal static class JobWriter
{
    private const int JobsMax = 10_000;

    /// <exception cref="ArgumentException">There are none, or too many.</exception>
    public static void CheckCount(IReadOnlyList<NewJob> jobs)
    {
        if (jobs.Count is 0 or > JobsMax)
            throw new ArgumentException($"Submit 1 to {JobsMax} jobs at once, not {jobs.Count}.", nameof(jobs));
    }

    /// <summary>A key by which these may be sent again; null: the API takes none for them.</summary>
    public static string? KeyFor(IReadOnlyList<NewJob> jobs) => jobs.Count > 1 && jobs.Any(job => job.Unique is not null) ? null : NewKey();

    public static string NewKey() => Guid.NewGuid().ToString("N");

    public static ReadOnlyMemory<byte> One(NewJob job) => Bytes(json => Write(json, job));

    public static ReadOnlyMemory<byte> Many(IReadOnlyList<NewJob> jobs) => Bytes(json =>
    {
        json.WriteStartArray();
        foreach (var job in jobs)
            Write(json, job);
        json.WriteEndArray();
    });

    public static ReadOnlyMemory<byte> Bytes(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { MaxDepth = 128 }))
            write(json);
        return output.WrittenMemory;
    }

    public static void Write(Utf8JsonWriter json, NewJob job)
    {
        json.WriteStartObject();
        json.WriteString("function", job.Function);
        WriteInput(json, job.Input);
        if (job.Parameters is { Count: > 0 } parameters)
        {
            json.WriteStartObject("parameters");
            foreach (var (name, value) in parameters)
                json.WriteString(name, value);
            json.WriteEndObject();
        }

        Write(json, "delay", job.Delay);
        Write(json, "dueAt", job.DueAt);
        Write(json, "expireAfter", job.ExpireAfter);
        Write(json, "expiresAt", job.ExpiresAt);
        Write(json, "priority", job.Priority);
        Write(json, "timeout", job.Timeout);
        Write(json, "tags", job.Tags);
        if (job.Key is { } key)
            json.WriteString("key", key);
        Write(json, job.Retry);
        Write(json, job.Unique);
        json.WriteEndObject();
    }

    private static void WriteInput(Utf8JsonWriter json, Payload input)
    {
        if (input.IsNone)
            return;
        if (input.MediaType == "application/json")
        {
            json.WritePropertyName("input");
            json.WriteRawValue(input.Bytes.Span);
            return;
        }

        if (input.ContentType.Length > 0)
            json.WriteString("contentType", input.ContentType);
        if (input.MediaType == "text/plain" && IsUtf8(input.Bytes.Span))
            json.WriteString("inputText", input.Bytes.Span);
        else
            json.WriteBase64String("inputBase64", input.Bytes.Span);
    }

    private static bool IsUtf8(ReadOnlySpan<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes);

    private static void Write(Utf8JsonWriter json, JobRetry? retry)
    {
        if (retry is null)
            return;
        json.WriteStartObject("retry");
        Write(json, "attempts", retry.Attempts);
        Write(json, "initial", retry.Initial);
        Write(json, "factor", retry.Factor);
        Write(json, "cap", retry.Cap);
        Write(json, "jitter", retry.Jitter);
        Write(json, "nonRetryable", retry.NonRetryable);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, JobUnique? unique)
    {
        if (unique is null)
            return;
        json.WriteStartObject("unique");
        if (unique.Key is { } key)
            json.WriteString("key", key);
        Write(json, "within", unique.Within);
        if (unique.Mode is { } mode)
            json.WriteString("mode", NamesConverter<JobUniqueMode>.NameOf(mode));
        Write(json, "wait", unique.Wait);
        Write(json, "max", unique.Max);
        Write(json, "while", unique.While is null ? null : [.. unique.While.Select(NamesConverter<JobState>.NameOf)]);
        json.WriteEndObject();
    }

    /// <summary>In milliseconds, rounded up: a wait is not to be shorter than was asked for.</summary>
    public static string Text(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(duration.TotalMilliseconds):0}ms");

    public static string Text(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    public static void Write(Utf8JsonWriter json, string name, TimeSpan? duration)
    {
        if (duration is { } value)
            json.WriteString(name, value.TotalDays < 10 ? Text(value) : System.Xml.XmlConvert.ToString(value));
    }

    public static void Write(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } value)
            json.WriteString(name, Text(value));
    }

    private static void Write(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value)
            json.WriteNumber(name, value);
    }

    private static void Write(Utf8JsonWriter json, string name, int? number)
    {
        if (number is { } value)
            json.WriteNumber(name, value);
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<string>? texts)
    {
        if (texts is null)
            return;
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
