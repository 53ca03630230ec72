using Hearth.Api.OpenApi;

namespace Hearth.Api.Jobs.Queues;

/// <summary>The routes of queues and their definitions.</summary>
internal sealed class QueueRoutes(QueueEndpoints queues, QueueDefinitionEndpoints definitions, BackOffEndpoint backOff)
{
    private static readonly ApiParameter IfMatch = new(
        "header", "If-Match", "Only if the stored definition is the one with this ETag; *: only if one is stored.");

    private static readonly ApiParameter IfNoneMatch = new("header", "If-None-Match", "*: only if no definition is stored.");

    public IReadOnlyList<ApiRoute> Table() =>
    [
        new("GET", "/v1/queues", "listQueues", "The queues, and how many jobs are in which open state", queues.ListAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The queues." }, Document = typeof(QueuesDocument),
        },
        new("GET", "/v1/queues/{queue}", "showQueue", "One queue, with its definition; ETag is that of the definition", queues.ShowAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The queue." }, Document = typeof(QueueDocument),
        },
        new("PUT", "/v1/queues/{queue}", "putQueue", "Store the definition of a queue, in place of the one before; it counts when it is answered", definitions.PutAsync)
        {
            Parameters = [IfMatch, IfNoneMatch],
            Body = ["application/json", "application/xml"],
            BodySchema = QueueSchemas.Definition,
            Answers = new Dictionary<int, string> { [200] = "The queue as it is now.", [201] = "The queue, which had no stored definition before." },
            Document = typeof(QueueDocument),
        },
        new("PATCH", "/v1/queues/{queue}", "patchQueue", "Change members of a queue's definition (RFC 7396): null takes one back", definitions.PatchAsync)
        {
            Parameters = [IfMatch, IfNoneMatch],
            Body = [MergePatch.MediaType, "application/json"],
            BodySchema = QueueSchemas.Definition,
            Answers = new Dictionary<int, string> { [200] = "The queue as it is now." },
            Document = typeof(QueueDocument),
        },
        new("DELETE", "/v1/queues/{queue}", "deleteQueue", "Delete the stored definition of a queue: code, configuration and defaults count again; its jobs stay", definitions.DeleteAsync)
        {
            Parameters = [IfMatch],
            Answers = new Dictionary<int, string> { [204] = "None is stored." },
        },
        new("POST", "/v1/queues/{queue}/pause", "pauseQueue", "Start no attempt of a queue's jobs any more; those that run go on", definitions.PauseAsync)
        {
            Parameters = [IfMatch],
            Answers = new Dictionary<int, string> { [200] = "The queue as it is now." },
            Document = typeof(QueueDocument),
        },
        new("POST", "/v1/queues/{queue}/resume", "resumeQueue", "Start a queue's jobs again", definitions.ResumeAsync)
        {
            Parameters = [IfMatch],
            Answers = new Dictionary<int, string> { [200] = "The queue as it is now." },
            Document = typeof(QueueDocument),
        },
        new("DELETE", "/v1/queues/{queue}/back-off", "endQueueBackOff", "Let a queue's jobs start that wait because runs have asked for it or its circuit breaker is open", backOff.EndAsync)
        {
            Answers = new Dictionary<int, string> { [200] = "The queue as it is now." },
            Document = typeof(QueueDocument),
        },
    ];
}
