using System.Text.Json;

namespace Hearth.Client;

/// <summary>A function as it is served.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Description">For people.</param>
/// <param name="External">Whether workers outside run it: then it takes jobs only.</param>
/// <param name="Pool">The pool whose silos run it; null: any.</param>
/// <param name="TimeoutSeconds">Longest run.</param>
/// <param name="Concurrency">Runs at once on a silo.</param>
/// <param name="InUse">Runs under way on the silo that answers.</param>
/// <param name="Input">What it takes.</param>
/// <param name="Output">What it answers.</param>
/// <param name="Parameters">Its declared parameters.</param>
/// <param name="Usage">What ran on the silo that answers, since it serves the function.</param>
public sealed record FunctionInfo(
    string Name,
    string Version,
    string? Description,
    bool External,
    string? Pool,
    double TimeoutSeconds,
    int Concurrency,
    int InUse,
    PayloadInfo Input,
    PayloadInfo Output,
    IReadOnlyList<ParameterInfo>? Parameters = null,
    UsageInfo? Usage = null);

/// <summary>One direction of a function.</summary>
/// <param name="Kind"><c>none</c>, <c>json</c>, <c>text</c>, <c>bytes</c> or <c>stream</c>.</param>
/// <param name="ContentTypes">Media types; none: any.</param>
/// <param name="BytesMax">The largest.</param>
/// <param name="Schema">JSON schema, where it is typed.</param>
/// <param name="Example">One to try.</param>
public sealed record PayloadInfo(
    string Kind, IReadOnlyList<string>? ContentTypes = null, long BytesMax = 0, JsonElement? Schema = null, JsonElement? Example = null);

/// <summary>A declared parameter.</summary>
/// <param name="Name">Its name; case matters.</param>
/// <param name="Description">For people.</param>
/// <param name="Default">What a run sees without it; null: nothing.</param>
/// <param name="Values">The values that it may have; null: any.</param>
public sealed record ParameterInfo(string Name, string? Description = null, string? Default = null, IReadOnlyList<string>? Values = null);

/// <summary>Runs of a function.</summary>
/// <param name="Succeeded">That succeeded.</param>
/// <param name="Failed">That failed.</param>
/// <param name="TimedOut">That were cut off at their time.</param>
/// <param name="Cancelled">Whose caller went away.</param>
/// <param name="Refused">Calls for which there was no room.</param>
public sealed record UsageInfo(long Succeeded = 0, long Failed = 0, long TimedOut = 0, long Cancelled = 0, long Refused = 0);
