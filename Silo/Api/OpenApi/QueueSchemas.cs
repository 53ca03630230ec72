using System.Text.Json.Nodes;

namespace Hearth.Api.OpenApi;

/// <summary>What a queue's definition looks like, as JSON schema; docs/reference/queues.md says the same in words.</summary>
internal static class QueueSchemas
{
    public const string Definition = "queues.definition";

    private const string DefinitionJson = """
        {
          "type": "object",
          "additionalProperties": false,
          "description": "What is left out, or null, is as code and configuration say; pool and shards as they are now.",
          "properties": {
            "pool": { "type": ["string", "null"], "description": "The pool whose silos run its jobs." },
            "shards": { "type": ["integer", "null"], "minimum": 1, "maximum": 64, "description": "Shards that share its jobs." },
            "paused": { "type": ["boolean", "null"], "description": "No attempt starts; submissions are taken." },
            "depthMax": { "type": ["integer", "null"], "minimum": 1, "maximum": 5000000, "description": "Open jobs above which submissions are refused; 5,000,000 by default." },
            "retry": { "oneOf": [{ "$ref": "#/components/schemas/jobs.retry" }, { "type": "null" }], "description": "Of jobs that name none." },
            "timeout": { "oneOf": [{ "$ref": "#/components/schemas/jobs.duration" }, { "type": "null" }], "description": "Longest run of an attempt, of jobs that name none." },
            "priority": { "type": ["integer", "null"], "minimum": 1, "maximum": 5, "description": "Of jobs that name none, or 3." },
            "retention": {
              "type": ["object", "null"],
              "additionalProperties": false,
              "description": "How long ended jobs are kept: 1m to 3650d.",
              "properties": {
                "succeeded": { "$ref": "#/components/schemas/jobs.duration" },
                "failed": { "$ref": "#/components/schemas/jobs.duration" },
                "cancelled": { "$ref": "#/components/schemas/jobs.duration" }
              }
            },
            "limits": {
              "type": ["object", "null"],
              "additionalProperties": false,
              "description": "What bounds the starts of its jobs.",
              "properties": {
                "rates": { "type": "array", "maxItems": 4, "items": { "$ref": "#/components/schemas/queues.rate" } },
                "concurrency": { "type": "integer", "minimum": 1, "maximum": 1000000 },
                "concurrencyPerSilo": { "type": "integer", "minimum": 1, "maximum": 1000000 },
                "key": { "type": "string", "maxLength": 255, "description": "Where a job's key stands in its input, such as $.customer.id." },
                "keyRates": { "type": "array", "maxItems": 4, "items": { "$ref": "#/components/schemas/queues.rate" } },
                "keyConcurrency": { "type": "integer", "minimum": 1, "maximum": 1000000 },
                "keyConcurrencyPerSilo": { "type": "integer", "minimum": 1, "maximum": 1000000 },
                "keyOrder": { "type": "boolean", "default": false },
                "fair": { "type": "boolean", "default": false },
                "weights": { "type": "object", "additionalProperties": { "type": "integer", "minimum": 1, "maximum": 1000 } },
                "ageing": { "$ref": "#/components/schemas/jobs.duration" }
              }
            },
            "deadLetters": {
              "type": ["object", "null"],
              "required": ["queue", "function"],
              "additionalProperties": false,
              "description": "A job that failed for good is handed to this function, as a job of that queue.",
              "properties": { "queue": { "type": "string" }, "function": { "type": "string" } }
            },
            "breaker": {
              "type": ["object", "null"],
              "required": ["failures"],
              "additionalProperties": false,
              "description": "When attempts fail, none starts for a while, then a few to find out.",
              "properties": {
                "failures": { "type": "integer", "minimum": 1, "maximum": 1000, "description": "So many failures open it." },
                "of": { "type": ["integer", "null"], "minimum": 1, "maximum": 1000, "description": "Of so many attempts, the last ones; as many as failures by default." },
                "within": { "oneOf": [{ "$ref": "#/components/schemas/jobs.duration" }, { "type": "null" }], "description": "Attempts that ended longer ago do not count: 1s to 1d." },
                "pause": { "oneOf": [{ "$ref": "#/components/schemas/jobs.duration" }, { "type": "null" }], "description": "How long nothing starts: 1s to 1d, 30s by default; doubled each time that a probe fails." },
                "pauseMax": { "oneOf": [{ "$ref": "#/components/schemas/jobs.duration" }, { "type": "null" }], "description": "The longest pause, up to 1d; 10m by default, or pause if that is longer." },
                "probes": { "type": ["integer", "null"], "minimum": 1, "maximum": 100, "default": 1, "description": "Attempts that run at once after a pause." }
              }
            }
          }
        }
        """;

    private const string RateJson = """
        {
          "type": "object",
          "required": ["starts", "per"],
          "additionalProperties": false,
          "properties": {
            "starts": { "type": "integer", "minimum": 1, "maximum": 1000000 },
            "per": { "$ref": "#/components/schemas/jobs.duration", "description": "1s to 31d." },
            "burst": { "type": "integer", "minimum": 1, "maximum": 1000000, "description": "Makes it a token bucket that holds so many." }
          }
        }
        """;

    public static void AddTo(JsonObject schemas)
    {
        schemas["queues.rate"] = JsonNode.Parse(RateJson);
        schemas[Definition] = JsonNode.Parse(DefinitionJson);
    }
}
