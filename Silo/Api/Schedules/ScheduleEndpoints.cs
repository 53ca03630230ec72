using System.Text.Json;
using System.Text.Json.Nodes;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Functions.Payloads;
using Hearth.Schedules;

namespace Hearth.Api.Schedules;

/// <summary>Definitions: <c>GET</c>, <c>PUT</c>, <c>PATCH</c> and <c>DELETE /v1/schedules/{name}</c>, and the ticks that one would have.</summary>
internal sealed class ScheduleEndpoints(ScheduleBook book, ScheduleReader reader)
{
    private const int TriesMax = 5;

    public Task ShowAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
        await book.FindAsync(name, http.RequestAborted) is { } schedule ? await AnswerAsync(http, schedule) : Problems.UnknownSchedule(name));

    public Task PutAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
    {
        var conditions = ScheduleConditions.Read(http.Request);
        var (document, isXml) = await ScheduleRoute.BodyAsync(http);
        using (document)
        {
            var (definition, pause) = reader.Read(name, document.RootElement, isXml, book.Now);
            return await AnswerAsync(http, name, await book.PutAsync(name, definition, pause, conditions.Hold, http.RequestAborted));
        }
    });

    public Task PatchAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
    {
        var conditions = ScheduleConditions.Read(http.Request);
        var (document, isXml) = await ScheduleRoute.BodyAsync(http);
        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return Problems.InvalidInput("Send an object with the members that change; null takes one away.", "$");
            return await PatchAsync(http, name, JsonObject.Create(document.RootElement)!, isXml, conditions);
        }
    });

    public Task DeleteAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
    {
        var answer = await book.DeleteAsync(name, ScheduleConditions.Read(http.Request).HoldFor, http.RequestAborted);
        if (ScheduleRoute.Refused(name, answer) is { } problem)
            return problem;
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return null;
    });

    public Task PreviewAsync(HttpContext http) => ScheduleRoute.AnswerAsync(http, async name =>
    {
        var (document, isXml) = await ScheduleRoute.BodyAsync(http);
        using (document)
        {
            var (table, after, count) = ScheduleReader.ReadPreview(name, document.RootElement, isXml);
            return await Resource.WriteAsync(http, TickDocument.Of(table, after ?? book.Now, count), StatusCodes.Status200OK);
        }
    });

    private async Task<Problem?> PatchAsync(HttpContext http, string name, JsonObject patch, bool isXml, ScheduleConditions conditions)
    {
        for (var i = 0; ; i++)
        {
            if (await book.FindAsync(name, http.RequestAborted) is not { } stored)
                return Problems.UnknownSchedule(name);
            if (!conditions.Hold(stored))
                return Problems.ScheduleChanged(name);
            using var document = Merged(ScheduleDocument.From(stored, http.Request), patch);
            // What was stored from XML may have numbers as text.
            var isLenient = isXml || stored.Definition.Job.Options?.Lenient == true;
            var (definition, pause) = reader.Read(name, document.RootElement, isLenient, book.Now);
            var answer = await book.PutAsync(
                name, definition, pause, now => now?.Row.Id == stored.Row.Id && now.Row.Version == stored.Row.Version, http.RequestAborted);
            if (answer.Result != ScheduleResult.NotExpected || i == TriesMax)
                return await AnswerAsync(http, name, answer);
        }
    }

    private static JsonDocument Merged(ScheduleDocument stored, JsonObject patch)
    {
        try
        {
            var merged = JsonSerializer.SerializeToNode(stored, HearthJson.Strict)!.AsObject();
            MergePatch.Apply(merged, patch);
            return JsonDocument.Parse(merged.ToJsonString());
        }
        catch (InvalidOperationException)
        {
            // Thrown for text that JSON can spell and UTF-16 cannot hold.
            throw new JobRejectedException(Problems.Malformed("The body holds text that is not Unicode: send valid UTF-8, without lone surrogates."));
        }
    }

    private static async Task<Problem?> AnswerAsync(HttpContext http, string name, ScheduleAnswer answer)
    {
        if (ScheduleRoute.Refused(name, answer) is { } problem)
            return problem;
        var isNew = answer.Result == ScheduleResult.Created;
        if (isNew)
            http.Response.Headers.Location = ScheduleDocument.PathOf(name, http.Request);
        http.Response.Headers.ETag = ScheduleDocument.TagOf(answer.Schedule!);
        // It is stored: whoever takes neither notation gets JSON.
        await Resource.WriteAnywayAsync(
            http, ScheduleDocument.From(answer.Schedule!, http.Request), isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        return null;
    }

    private static Task<Problem?> AnswerAsync(HttpContext http, Schedule schedule)
    {
        http.Response.Headers.ETag = ScheduleDocument.TagOf(schedule);
        return Resource.WriteAsync(http, ScheduleDocument.From(schedule, http.Request), StatusCodes.Status200OK);
    }
}
