using System.Text.Json;

namespace Hearth.Client.Http;

/// <summary>Writes schedules as <c>PUT /v1/schedules/{name}</c> takes them. What was not said is left out: the silo knows the defaults.</summary>
internal static class ScheduleWriter
{
    public static ReadOnlyMemory<byte> Of(NewSchedule schedule) => JobWriter.Bytes(json =>
    {
        json.WriteStartObject();
        Write(json, "cron", schedule.Cron);
        JobWriter.Write(json, "every", schedule.Every);
        JobWriter.Write(json, "anchor", schedule.Anchor);
        JobWriter.Write(json, "at", schedule.At);
        Write(json, "timeZone", schedule.TimeZone);
        JobWriter.Write(json, "start", schedule.Start);
        JobWriter.Write(json, "end", schedule.End);
        JobWriter.Write(json, "jitter", schedule.Jitter);
        if (schedule.Calendar is { } calendar)
        {
            json.WritePropertyName("calendar");
            calendar.WriteTo(json);
        }

        Write(json, "overlap", schedule.Overlap);
        Write(json, "catchUp", schedule.CatchUp);
        JobWriter.Write(json, "catchUpWindow", schedule.CatchUpWindow);
        Write(json, "queue", schedule.Queue);
        Write(json, "description", schedule.Description);
        if (schedule.Paused is { } paused)
            json.WriteBoolean("paused", paused);
        Write(json, "reason", schedule.Reason);
        json.WritePropertyName("job");
        JobWriter.Write(json, schedule.Job);
        json.WriteEndObject();
    });

    public static ReadOnlyMemory<byte> OfReason(string? reason) => JobWriter.Bytes(json =>
    {
        json.WriteStartObject();
        Write(json, "reason", reason);
        json.WriteEndObject();
    });

    public static ReadOnlyMemory<byte> OfBackfill(DateTimeOffset from, DateTimeOffset to, bool oneByOne) => JobWriter.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteString("from", JobWriter.Text(from));
        json.WriteString("to", JobWriter.Text(to));
        json.WriteString("overlap", oneByOne ? "bufferAll" : "allow");
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
            json.WriteString(name, text);
    }
}
