using System.Text.Json.Nodes;

namespace Hearth.Api.OpenApi;

/// <summary>What a submission looks like, as JSON schema; docs/reference/jobs.md says the same in words.</summary>
internal static class JobSchemas
{
    /// <summary>A job, or an array of them.</summary>
    public const string Submission = "jobs.submission";

    private const string Root = "#/components/schemas/";

    private const string Job = """
        {
          "type": "object",
          "required": ["function"],
          "additionalProperties": false,
          "properties": {
            "function": { "type": "string", "description": "The function to run." },
            "input": { "description": "Any JSON." },
            "inputText": { "type": "string", "description": "Instead of input: text, for functions that take text or bytes." },
            "inputBase64": { "type": "string", "contentEncoding": "base64", "description": "Instead of input: bytes." },
            "contentType": { "type": "string", "description": "Media type of inputText (text/plain) or inputBase64 (application/octet-stream)." },
            "delay": { "$ref": "#/components/schemas/jobs.duration", "description": "How long to wait before it may start." },
            "dueAt": { "type": "string", "format": "date-time", "description": "Instead of delay: not to start before." },
            "priority": { "type": "integer", "minimum": 1, "maximum": 5, "default": 3, "description": "1 goes first." },
            "expireAfter": { "$ref": "#/components/schemas/jobs.duration", "description": "It ends as cancelled when it has not started after this time." },
            "expiresAt": { "type": "string", "format": "date-time", "description": "Instead of expireAfter." },
            "timeout": { "$ref": "#/components/schemas/jobs.duration", "description": "Longest run of one attempt; the function's by default." },
            "retry": {
              "type": "object",
              "additionalProperties": false,
              "description": "What happens when an attempt fails; the function's by default.",
              "properties": {
                "attempts": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 10 },
                "initial": { "$ref": "#/components/schemas/jobs.duration", "description": "Wait before the second attempt; 1s by default." },
                "factor": { "type": "number", "minimum": 1, "maximum": 10, "default": 2 },
                "cap": { "$ref": "#/components/schemas/jobs.duration", "description": "Longest wait; 100 times initial by default." },
                "jitter": { "type": "number", "minimum": 0, "maximum": 1, "default": 0.1 },
                "nonRetryable": { "type": "array", "maxItems": 50, "items": { "type": "string", "maxLength": 255 } }
              }
            },
            "tags": { "type": "array", "maxItems": 10, "uniqueItems": true, "items": { "type": "string", "minLength": 1, "maxLength": 100 } },
            "key": { "type": "string", "minLength": 1, "maxLength": 255, "description": "What limits per key, order and fairness of the queue go by; as the queue says by default." },
            "unique": {
              "type": "object",
              "additionalProperties": false,
              "description": "Not to be accepted while another like it is known.",
              "properties": {
                "key": { "type": "string", "minLength": 1, "maxLength": 255, "description": "What makes two alike; function and input by default." },
                "within": { "$ref": "#/components/schemas/jobs.duration", "description": "Only jobs accepted within this time count; 24h by default." },
                "mode": {
                  "enum": ["refuse", "throttle", "debounce", "latest"], "default": "refuse",
                  "description": "What happens to a job of which another like it is known: refused, replacing the one that waits (debounce, latest)."
                },
                "wait": { "$ref": "#/components/schemas/jobs.duration", "description": "Debounce: how long it has to be quiet before the job starts." },
                "max": { "$ref": "#/components/schemas/jobs.duration", "description": "Debounce: longest time by which the start is put off; ten times wait by default." },
                "while": {
                  "type": "array", "minItems": 1, "uniqueItems": true, "description": "Only jobs in these states count; the open ones by default.",
                  "items": { "enum": ["scheduled", "ready", "running", "retrying", "succeeded", "failed", "cancelled"] }
                }
              }
            },
            "parameters": { "type": "object", "additionalProperties": { "type": "string" }, "description": "The function's declared parameters." }
          }
        }
        """;

    public static void AddTo(JsonObject schemas)
    {
        schemas["jobs.duration"] = new JsonObject { ["type"] = "string", ["description"] = "500ms, 30s, 5m, 1h, 1d or ISO 8601 (PT30S)." };
        var job = JsonNode.Parse(Job)!;
        schemas["jobs.job"] = job;
        schemas["jobs.retry"] = job["properties"]!["retry"]!.DeepClone();
        schemas[Submission] = new JsonObject
        {
            ["oneOf"] = new JsonArray(
                new JsonObject { ["$ref"] = Root + "jobs.job" },
                new JsonObject
                {
                    ["type"] = "array", ["minItems"] = 1, ["maxItems"] = Hearth.Jobs.JobLimits.RequestJobsMax,
                    ["items"] = new JsonObject { ["$ref"] = Root + "jobs.job" },
                }),
        };
    }

    public static JsonNode? Reference(string? name) => name is null ? null : new JsonObject { ["$ref"] = Root + name };

    /// <summary>JobDocument: job.document.</summary>
    public static string NameOf(Type document) => "answers." + char.ToLowerInvariant(document.Name[0]) + document.Name[1..].Replace("Document", "", StringComparison.Ordinal);
}
