using System.Text.Json.Nodes;

namespace Hearth.Api.OpenApi;

/// <summary>What workers outside send, as JSON schema; docs/reference/workers.md says the same in words.</summary>
internal static class WorkerSchemas
{
    public const string Lease = "workers.lease";
    public const string Heartbeat = "workers.heartbeat";
    public const string Complete = "workers.complete";

    private const string LeaseJson = """
        {
          "type": "object",
          "required": ["worker", "functions"],
          "additionalProperties": false,
          "properties": {
            "worker": { "type": "string", "minLength": 1, "maxLength": 128, "description": "The worker's name, for people." },
            "functions": { "type": "array", "minItems": 1, "maxItems": 100, "items": { "type": "string" }, "description": "Whose jobs it runs, the first first." },
            "max": { "type": "integer", "minimum": 1, "maximum": 256, "default": 1, "description": "At most so many jobs." },
            "lease": { "$ref": "#/components/schemas/jobs.duration", "description": "How long they are the worker's, unless it renews: 1s to 1h, 30s by default." },
            "wait": { "$ref": "#/components/schemas/jobs.duration", "description": "How long to wait for jobs: at most 60s, not at all by default." }
          }
        }
        """;

    private const string HeartbeatJson = """
        {
          "type": "object",
          "required": ["jobs"],
          "additionalProperties": false,
          "properties": {
            "lease": { "$ref": "#/components/schemas/jobs.duration", "description": "From now: 1s to 1h, 30s by default. A lease is never made shorter." },
            "jobs": {
              "type": "array", "minItems": 1, "maxItems": 1000,
              "items": {
                "type": "object",
                "required": ["id", "attempt"],
                "additionalProperties": false,
                "properties": { "id": { "type": "string" }, "attempt": { "type": "integer", "minimum": 1 } }
              }
            }
          }
        }
        """;

    private const string CompletionJson = """
        {
          "type": "object",
          "required": ["id", "attempt", "outcome"],
          "additionalProperties": false,
          "properties": {
            "id": { "type": "string" },
            "attempt": { "type": "integer", "minimum": 1 },
            "outcome": { "enum": ["succeeded", "failed", "failedForGood", "returned", "snoozed", "discarded"] },
            "result": { "description": "Any JSON." },
            "resultText": { "type": "string", "description": "Instead of result: text." },
            "resultBase64": { "type": "string", "contentEncoding": "base64", "description": "Instead of result: bytes." },
            "contentType": { "type": "string", "description": "Media type of resultText (text/plain) or resultBase64 (application/octet-stream)." },
            "error": { "type": "string", "description": "Why it failed, was snoozed or discarded; 4,000 characters are kept." },
            "after": { "type": "string", "description": "When to run it again, from now, 1s to 30d: of snoozed; of failed instead of the retry policy's wait." },
            "backOff": { "enum": ["job", "key", "queue"], "default": "job", "description": "With after: who waits as well, all jobs with the job's key or all of its queue." },
            "errorType": { "type": "string", "minLength": 1, "maxLength": 255, "description": "Short name of the error, which a retry policy can name." }
          }
        }
        """;

    public static void AddTo(JsonObject schemas)
    {
        schemas[Lease] = JsonNode.Parse(LeaseJson);
        schemas[Heartbeat] = JsonNode.Parse(HeartbeatJson);
        schemas["workers.completion"] = JsonNode.Parse(CompletionJson);
        schemas[Complete] = new JsonObject
        {
            ["oneOf"] = new JsonArray(
                JobSchemas.Reference("workers.completion"),
                new JsonObject
                {
                    ["type"] = "array", ["minItems"] = 1, ["maxItems"] = Hearth.Jobs.JobLimits.OutsideItemsMax,
                    ["items"] = JobSchemas.Reference("workers.completion"),
                }),
        };
    }
}
