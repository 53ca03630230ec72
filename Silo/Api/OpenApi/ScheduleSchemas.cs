using System.Text.Json.Nodes;

namespace Hearth.Api.OpenApi;

/// <summary>What is sent about schedules, as JSON schema; docs/reference/schedules.md says the same in words.</summary>
internal static class ScheduleSchemas
{
    public const string Schedule = "schedules.schedule";
    public const string Patch = "schedules.patch";
    public const string Preview = "schedules.preview";
    public const string Pause = "schedules.pause";
    public const string Backfill = "schedules.backfill";

    private const string Timing = """
        {
          "cron": { "type": "string", "maxLength": 200, "description": "Minute, hour, day of month, month, day of week; or six fields with seconds in front." },
          "every": { "$ref": "#/components/schemas/jobs.duration", "description": "Instead of cron: the time between ticks, 1s to 366d." },
          "anchor": { "type": "string", "format": "date-time", "description": "One of the ticks of every; start, or 1970-01-01T00:00:00Z, by default." },
          "at": { "type": "string", "format": "date-time", "description": "Instead of cron: the only tick." },
          "timeZone": { "type": "string", "default": "UTC", "description": "IANA name, such as Europe/Berlin." },
          "start": { "type": "string", "format": "date-time", "description": "No tick before." },
          "end": { "type": "string", "format": "date-time", "description": "No tick at this time or after." },
          "jitter": { "$ref": "#/components/schemas/jobs.duration", "description": "A tick's job is submitted up to this much later, at most 1d." },
          "calendar": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "holidays": { "type": "array", "minItems": 1, "maxItems": 1000, "items": { "type": "string", "format": "date" }, "description": "Days without ticks." },
              "windows": {
                "type": "array", "minItems": 1, "maxItems": 50, "description": "Times of day with ticks; the whole day by default.",
                "items": {
                  "type": "object",
                  "required": ["from", "to"],
                  "additionalProperties": false,
                  "properties": {
                    "from": { "type": "string", "description": "00:00 to 23:59:59." },
                    "to": { "type": "string", "description": "Its end, up to 24:00; not after from: on the next day." },
                    "days": {
                      "type": "array", "minItems": 1, "uniqueItems": true, "description": "On which it begins; all by default.",
                      "items": { "enum": ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] }
                    }
                  }
                }
              },
              "outside": { "enum": ["skip", "shift"], "default": "skip", "description": "What becomes of a tick that is not allowed: none, or moved to when the next is." },
              "timeZone": { "type": "string", "description": "IANA name; the schedule's by default." },
              "loadMax": { "type": "integer", "minimum": 1, "maximum": 100, "description": "Percent: a tick waits while the processors of the pool's machines are busier than that." }
            }
          }
        }
        """;

    private const string Rest = """
        {
          "description": { "type": "string", "maxLength": 500 },
          "overlap": { "enum": ["skip", "bufferOne", "bufferAll", "cancelOther", "allow"], "default": "skip", "description": "What becomes of a tick while a job of an earlier one has not ended." },
          "catchUp": { "enum": ["skip", "one", "all"], "default": "one", "description": "What becomes of ticks that were missed." },
          "catchUpWindow": { "$ref": "#/components/schemas/jobs.duration", "description": "How old those may be; 1d by default, at most 31d." },
          "queue": { "type": "string", "default": "default" },
          "job": { "$ref": "#/components/schemas/jobs.job", "description": "Without delay, dueAt, expiresAt and unique. {{tick}} and {{schedule}} stand for them in its input." },
          "paused": { "type": "boolean", "description": "As it was by default; false for a new one." },
          "reason": { "type": "string", "maxLength": 500, "description": "Why it is paused." }
        }
        """;

    public static void AddTo(JsonObject schemas)
    {
        schemas[Schedule] = Of(All(), "job");
        schemas[Patch] = new JsonObject { ["type"] = "object", ["description"] = "Members of a schedule (RFC 7396): null takes one away." };
        var preview = JsonNode.Parse(Timing)!.AsObject();
        preview["count"] = new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = 1000, ["default"] = 10 };
        preview["after"] = new JsonObject { ["type"] = "string", ["format"] = "date-time", ["description"] = "Ticks after this time; now by default." };
        schemas[Preview] = Of(preview);
        schemas[Pause] = Of(new JsonObject { ["reason"] = new JsonObject { ["type"] = "string", ["maxLength"] = 500 } });
        schemas[Backfill] = Of(
            new JsonObject
            {
                ["from"] = new JsonObject { ["type"] = "string", ["format"] = "date-time", ["description"] = "The first time whose ticks run." },
                ["to"] = new JsonObject { ["type"] = "string", ["format"] = "date-time", ["description"] = "Before which they run; not in the future." },
                ["overlap"] = new JsonObject { ["enum"] = new JsonArray("allow", "bufferAll"), ["default"] = "allow", ["description"] = "All at once, or one after the other." },
            },
            "from", "to");
    }

    private static JsonObject All()
    {
        var all = JsonNode.Parse(Timing)!.AsObject();
        foreach (var (name, schema) in JsonNode.Parse(Rest)!.AsObject())
            all[name] = schema!.DeepClone();
        return all;
    }

    private static JsonObject Of(JsonObject properties, params string[] required)
    {
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (required.Length > 0)
            schema["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]);
        return schema;
    }
}
