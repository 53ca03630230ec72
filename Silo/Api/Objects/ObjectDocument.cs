using System.Text.Json.Nodes;
using Hearth.Api.Functions;
using Hearth.Objects;
using Hearth.Objects.Operations;

namespace Hearth.Api.Objects;

/// <summary>All kinds of objects.</summary>
internal sealed record ObjectsDocument(IReadOnlyList<ObjectDocument> Objects);

/// <summary>A kind of object as the API shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">For people.</param>
/// <param name="Pool">Which silos have them.</param>
/// <param name="TimeoutSeconds">Longest operation.</param>
/// <param name="StateBytesMax">Largest state.</param>
/// <param name="State">JSON schema of the state.</param>
/// <param name="Keys">Where to list those that have a state.</param>
/// <param name="Operations">By name.</param>
internal sealed record ObjectDocument(
    string Name, string? Description, string Pool, double TimeoutSeconds, int StateBytesMax, JsonNode? State, string Keys,
    IReadOnlyList<OperationDocument> Operations)
{
    public static ObjectDocument From(ServedObject o, HttpRequest request) => new(
        o.Name, o.Options.Description, o.Options.Pool, o.Options.Timeout.TotalSeconds, o.Options.StateBytesMax, o.StateSchema,
        $"{request.PathBase}/v1/objects/{o.Name}",
        [.. o.Operations.Values.OrderBy(x => x.Name, StringComparer.Ordinal).Select(x => OperationDocument.From(o, x))]);
}

/// <param name="Name">Its name.</param>
/// <param name="Description">For people.</param>
/// <param name="ReadsOnly">Whether it leaves the state as it is.</param>
/// <param name="Call">Where to post to.</param>
/// <param name="Input">What it takes.</param>
/// <param name="Output">What it answers.</param>
internal sealed record OperationDocument(string Name, string? Description, bool ReadsOnly, string Call, PayloadDocument Input, PayloadDocument Output)
{
    public static OperationDocument From(ServedObject served, ObjectOperation o) => new(
        o.Name, o.Description, o.IsRead, PathOf(served, o), PayloadDocument.OfInput(o.Input), PayloadDocument.OfOutput(o.Output));

    public static string PathOf(ServedObject served, ObjectOperation operation) => $"/v1/objects/{served.Name}/{{key}}/{operation.Name}";
}
