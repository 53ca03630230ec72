using System.Text.Json;
using Hearth.Client;

namespace Hearth.Cli.Output;

/// <summary>An event on a line. Kinds and members that this version does not know are shown as they came.</summary>
internal static class EventText
{
    public static string Of(JobEvent told) => Line(told, What(told));

    /// <summary>The same of a queue's events, which name their job.</summary>
    public static string OfQueue(JobEvent told) => told.Name switch
    {
        "following" => Line(told, "queue " + Text(told, "queue")),
        "gap" => Line(told, "something may have happened that is not told: hearth jobs list --queue " + Text(told, "queue")),
        "accepted" => Line(told, $"{Text(told, "id")} {Text(told, "function")}"),
        _ => Line(told, $"{Text(told, "id")} {Text(told, "function")} {What(told)}"),
    };

    /// <summary>How far the run is, 0 to 100, if the event tells.</summary>
    public static double? PercentOf(JobEvent told)
    {
        if (told.Name != "progress" || told.Data.ValueKind != JsonValueKind.Object)
            return null;
        var details = told.Data.TryGetProperty("details", out var found) ? found : told.Data;
        if (details.ValueKind == JsonValueKind.Object)
            details = details.TryGetProperty("percent", out var percent) ? percent : default;
        return details.ValueKind == JsonValueKind.Number && details.TryGetDouble(out var number) && number is >= 0 and <= 100 ? number : null;
    }

    /// <summary>Without its time and name.</summary>
    public static string What(JobEvent told) => told.Name switch
    {
        "accepted" => $"{Text(told, "function")} in queue {Text(told, "queue")}",
        "state" => $"{Text(told, "state")}{Attempt(told)}{When(told, "dueAt", ", due ")}",
        "attempt-failed" => $"attempt {Text(told, "attempt")}: {Error(told)}{When(told, "retryAt", ", again ")}",
        "attempt-started" or "attempt-returned" => "attempt " + Text(told, "attempt"),
        "log" => Text(told, "text"),
        "progress" when Text(told, "percent") is { Length: > 0 } percent => $"{percent} % {Text(told, "message")}".TrimEnd(),
        "progress" or "heartbeat" => Text(told, "details"),
        "end" => Text(told, "state") + (Text(told, "error").Length > 0 ? ": " + Error(told) : ""),
        _ => told.Data.GetRawText(),
    };

    private static string Line(JobEvent told, string what) => Terminal.Plain($"{TimeOf(told)} {told.Name,-16} {what}".TrimEnd()).ReplaceLineEndings(" ");

    private static string Error(JobEvent told) => Text(told, "error") + (Text(told, "errorType") is { Length: > 0 } type ? $" ({type})" : "");

    private static string Attempt(JobEvent told) => Text(told, "attempt") is { Length: > 0 } and not "0" and var attempt ? $", attempt {attempt}" : "";

    private static string TimeOf(JobEvent told)
    {
        foreach (var member in new[] { "at", "endedAt", "acceptedAt" })
        {
            if (DateTimeOffset.TryParse(Text(told, member), System.Globalization.CultureInfo.InvariantCulture, out var time))
                return Tables.Time(time);
        }

        return "now                ";
    }

    private static string When(JobEvent told, string member, string before) =>
        DateTimeOffset.TryParse(Text(told, member), System.Globalization.CultureInfo.InvariantCulture, out var time) ? before + Tables.Time(time) : "";

    private static string Text(JobEvent told, string member) =>
        told.Data.ValueKind != JsonValueKind.Object || !told.Data.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null
            ? ""
            : value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
