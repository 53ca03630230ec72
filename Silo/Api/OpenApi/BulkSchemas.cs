using System.Text.Json.Nodes;

namespace Hearth.Api.OpenApi;

/// <summary>What an action on all jobs that match looks like, as JSON schema.</summary>
internal static class BulkSchemas
{
    public const string Request = "jobs.action";

    private const string Schema = """
        {
          "type": "object",
          "required": ["action"],
          "additionalProperties": false,
          "properties": {
            "action": { "enum": ["cancel", "redrive", "delete"], "description": "Cancel jobs that have not ended, run failed or cancelled ones again, or forget ended ones." },
            "filter": {
              "type": "object",
              "additionalProperties": false,
              "description": "Which jobs; all conditions hold, as in GET /v1/jobs.",
              "properties": {
                "queue": { "type": "string" },
                "function": { "type": "string" },
                "state": { "enum": ["scheduled", "ready", "running", "retrying", "succeeded", "failed", "cancelled"] },
                "tag": { "type": "string" },
                "from": { "type": "string", "format": "date-time", "description": "Accepted at or after." },
                "to": { "type": "string", "format": "date-time", "description": "Accepted before." },
                "error": { "type": "string", "description": "Whose error, or its type, contains this text." }
              }
            },
            "all": { "type": "boolean", "default": false, "description": "Needed where the filter has no condition." },
            "dryRun": { "type": "boolean", "default": false, "description": "Only count." }
          }
        }
        """;

    public static void AddTo(JsonObject schemas) => schemas[Request] = JsonNode.Parse(Schema);
}
