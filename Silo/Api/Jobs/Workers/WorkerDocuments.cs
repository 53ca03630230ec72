using System.Text.Json;
using System.Text.Json.Serialization;
using Hearth.Functions.Payloads;
using Hearth.Jobs;

namespace Hearth.Api.Jobs.Workers;

/// <summary>A job in the hands of a worker.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Attempt">The attempt's number: what the worker tells later is about this attempt.</param>
/// <param name="Epoch">The fencing number of the shard's owner; with id and attempt a fencing token for the worker's own writes.</param>
/// <param name="Function">What to run.</param>
/// <param name="ContentType">Media type of the input; null: there is none.</param>
/// <param name="Input">The input, where it is JSON.</param>
/// <param name="InputBase64">The input, where it is not.</param>
/// <param name="Parameters">The function's declared parameters.</param>
/// <param name="Tags">The job's tags.</param>
/// <param name="LeaseUntil">When the attempt fails, unless it has ended or been renewed by then.</param>
internal sealed record LeasedJobDocument(
    string Id,
    int Attempt,
    long Epoch,
    string Function,
    string? ContentType,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Input,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? InputBase64,
    IReadOnlyDictionary<string, string> Parameters,
    IReadOnlyList<string> Tags,
    DateTimeOffset LeaseUntil)
{
    /// <summary>What is deeper, or has a member twice, is JSON that the answer cannot hold: it goes as bytes.</summary>
    private static readonly JsonDocumentOptions Holdable = new() { MaxDepth = HearthJson.DepthMax - 4, AllowDuplicateProperties = false };

    private static readonly Dictionary<string, string> NoParameters = [];

    public static LeasedJobDocument From(in OutsideJob job)
    {
        var (id, attempt, epoch, spec) = job.Lease;
        var json = spec.ContentType == MediaTypes.Json ? Json(spec.Input) : null;
        return new LeasedJobDocument(
            id.ToString(), attempt, epoch, spec.Function, spec.ContentType.Length == 0 ? null : spec.ContentType, json,
            json is null && spec.ContentType.Length > 0 ? spec.Input.ToArray() : null,
            spec.Options?.Parameters ?? NoParameters, spec.Options?.Tags ?? [], job.Until);
    }

    private static JsonElement? Json(ReadOnlyMemory<byte> input)
    {
        try
        {
            using var document = JsonDocument.Parse(input, Holdable);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // A function that takes bytes takes any, whatever they are called.
            return null;
        }
    }
}

/// <summary>What a worker has leased; empty when nothing came in time.</summary>
internal sealed record LeasedJobsDocument(IReadOnlyList<LeasedJobDocument> Jobs);

/// <param name="Id">The job.</param>
/// <param name="Attempt">The attempt that was told of.</param>
/// <param name="Outcome">accepted, or lost: the lease had run out, or the job or the attempt had ended otherwise.</param>
internal sealed record CompletedDocument(string Id, int Attempt, CompletedOutcome Outcome);

internal sealed record CompletedManyDocument(IReadOnlyList<CompletedDocument> Jobs);

internal enum CompletedOutcome
{
    Accepted,
    Lost,
}

/// <param name="Id">The job.</param>
/// <param name="Attempt">The attempt that was told of.</param>
/// <param name="Outcome">renewed; lost or cancelled: stop, and forget it.</param>
/// <param name="LeaseUntil">When the lease runs out now; null unless it was renewed.</param>
internal sealed record RenewedDocument(string Id, int Attempt, RenewedOutcome Outcome, DateTimeOffset? LeaseUntil);

internal sealed record RenewedManyDocument(IReadOnlyList<RenewedDocument> Jobs);

internal enum RenewedOutcome
{
    Renewed,
    Lost,
    Cancelled,
}
