using System.Text.Json;
using System.Text.Json.Nodes;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Queues;

/// <summary>Changing a queue's definition: (1) the body is read and checked, (2) stored if the conditions hold, (3) answered when silos and shards know it.</summary>
internal sealed class QueueDefinitionEndpoints(QueueDefinitions definitions, QueueEndpoints queues, FunctionRegistry registry)
{
    public Task PutAsync(HttpContext http) => AnswerAsync(http, async queue =>
    {
        var condition = Conditions.Of(http.Request);
        var (document, isXml) = await DefinitionBody.ReadAsync(http, MediaTypes.Json, MediaTypes.Xml);
        using (document)
        {
            return await definitions.ChangeAsync(queue, now => Read(queue, now, document.RootElement, isXml), condition);
        }
    });

    public Task PatchAsync(HttpContext http) => AnswerAsync(http, async queue =>
    {
        var condition = Conditions.Of(http.Request);
        var (document, _) = await DefinitionBody.ReadAsync(http, MergePatch.MediaType, MediaTypes.Json);
        using (document)
        {
            return await definitions.ChangeAsync(queue, now => Patched(queue, now, document.RootElement), condition);
        }
    });

    public Task DeleteAsync(HttpContext http) => AnswerAsync(
        http, queue => definitions.DeleteAsync(queue, Conditions.Of(http.Request)), StatusCodes.Status204NoContent);

    public Task PauseAsync(HttpContext http) => AnswerAsync(
        http, queue => definitions.ChangeAsync(queue, now => now.Definition with { Paused = true }, Conditions.Of(http.Request)));

    public Task ResumeAsync(HttpContext http) => AnswerAsync(
        http, queue => definitions.ChangeAsync(queue, now => now.Definition with { Paused = false }, Conditions.Of(http.Request)));

    /// <summary>The definition that was sent.</summary>
    public QueueDefinition Read(string queue, QueueView now, JsonElement sent, bool lenient) =>
        DefinitionReader.Read(queue, sent, lenient, definitions.GivenFor(queue, now), registry);

    /// <summary>What a patch makes of the definition that is there.</summary>
    public QueueDefinition Patched(string queue, QueueView now, JsonElement sent)
    {
        if (sent.ValueKind != JsonValueKind.Object)
            throw new JobRejectedException(Problems.InvalidInput("Send an object with the members to change, such as {\"paused\": true}; null takes one back.", "$"));
        var patch = JsonObject.Create(sent)!;
        var before = JsonSerializer.SerializeToNode(DefinitionDocument.From(now.Definition), HearthJson.Strict);
        using var after = JsonDocument.Parse(MergePatch.Apply(before, patch)!.ToJsonString());
        return Read(queue, now, after.RootElement, lenient: false);
    }

    /// <summary>What is answered to a change that was not made; null: it was.</summary>
    public static Problem? Refusal(string queue, QueueChangeOutcome outcome) => outcome switch
    {
        QueueChangeOutcome.Refused => Problems.QueueChanged(queue),
        QueueChangeOutcome.TooManyGenerations => Problems.TooManyGenerations(queue),
        QueueChangeOutcome.TooManyShards => Problems.TooManyQueues(new TooManyQueuesException().Message),
        _ => null,
    };

    private async Task AnswerAsync(HttpContext http, Func<string, Task<QueueChange>> change, int status = StatusCodes.Status200OK)
    {
        var queue = (string)http.Request.RouteValues["queue"]!;
        Problem? problem;
        try
        {
            if (!QueueName.IsValid(queue))
                throw new JobRejectedException(Problems.InvalidInput($"'{Problems.Shown(queue)}' cannot be a queue: {QueueName.Rule}.", "queue"));
            var changed = await change(queue);
            problem = Refusal(queue, changed.Outcome) ?? await AnswerAsync(http, queue, changed, status);
        }
        catch (JobRejectedException e)
        {
            problem = e.Problem;
        }
        catch (StoreUnavailableException e) when (e is not OutcomeUnknownException)
        {
            problem = Problems.StoreUnreadable;
        }

        if (problem is not null)
            await ProblemWriter.WriteAsync(http, problem);
    }

    private async Task<Problem?> AnswerAsync(HttpContext http, string queue, QueueChange changed, int status)
    {
        Conditions.Show(http.Response, changed.Now.ETag);
        if (status == StatusCodes.Status204NoContent)
        {
            http.Response.StatusCode = status;
            return null;
        }

        await Resource.WriteAnywayAsync(
            http, await queues.DocumentAsync(queue, changed.Now, http),
            changed.Outcome == QueueChangeOutcome.Created && http.Request.Method == HttpMethods.Put ? StatusCodes.Status201Created : status);
        return null;
    }
}
