using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hearth.Client.Http;

/// <summary>A whole answer.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">As it was sent; empty without.</param>
/// <param name="Body">All of it.</param>
/// <param name="RetryAfter">When trying again may help.</param>
/// <param name="Tries">How often it took.</param>
/// <param name="ETag">Without its quotation marks.</param>
internal sealed record HttpAnswer(HttpStatusCode Status, string ContentType, byte[] Body, TimeSpan? RetryAfter, int Tries = 1, string? ETag = null)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public Payload Payload => Status == HttpStatusCode.NoContent ? Payload.None : new Payload(ContentType, Body);

    public static async Task<HttpAnswer> ReadAsync(HttpResponseMessage response, TimeProvider clock, CancellationToken cancellationToken) => new(
        response.StatusCode,
        response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var type) ? type.ToString() : "",
        await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false),
        response.Headers.RetryAfter is not { } after ? null : after.Delta ?? after.Date - clock.GetUtcNow(),
        ETag: response.Headers.ETag?.Tag.Trim('"'));

    public T Read<T>(JsonTypeInfo<T> type, Uri endpoint)
    {
        try
        {
            return JsonSerializer.Deserialize(Body, type) ?? throw Foreign(endpoint);
        }
        catch (JsonException e)
        {
            throw Foreign(endpoint, e);
        }
    }

    /// <summary>What is wrong, in Hearth's own words or, where another server answered, in ours.</summary>
    public HearthException Exception(Uri endpoint)
    {
        try
        {
            if (ContentType.Contains("json", StringComparison.OrdinalIgnoreCase)
                && JsonSerializer.Deserialize(Body, ClientJson.Default.ProblemDocument) is { Type: { } type } problem)
            {
                return new HearthException(new HearthProblem(
                    type, problem.Title ?? type, problem.Status ?? (int)Status, problem.Detail, problem.Field, problem.Choices, problem.TraceId, RetryAfter));
            }
        }
        catch (JsonException)
        {
            // Not Hearth's words: told below.
        }

        return Foreign(endpoint);
    }

    private HearthException Foreign(Uri endpoint, Exception? inner = null) => new(
        new HearthProblem(
            "about:blank", "Not an answer of Hearth", (int)Status,
            $"{endpoint} answered {(int)Status}, and not as Hearth does: check that a silo is there, and what stands before it.", RetryAfter: RetryAfter),
        inner);
}
