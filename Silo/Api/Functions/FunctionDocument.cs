using System.Text.Json.Nodes;
using Hearth.Api.Calls;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;

namespace Hearth.Api.Functions;

/// <summary>A function as the API shows it.</summary>
internal sealed record FunctionDocument(
    string Name,
    string Version,
    string? Description,
    string Source,
    bool External,
    string Call,
    string? Route,
    string? Pool,
    double TimeoutSeconds,
    int Concurrency,
    int InUse,
    double? CacheSeconds,
    PayloadDocument Input,
    PayloadDocument Output,
    IReadOnlyList<FunctionParameter> Parameters,
    FunctionUsageView Usage)
{
    public static FunctionDocument From(ServedFunction f) => new(
        f.Name, f.Options.Version, f.Options.Description, f.Source, f.IsExternal, PathOf(f.Name),
        f.Options.Route is null ? null : $"{f.Options.Method} {f.Options.Route}",
        f.Options.Pool,
        f.Options.Timeout.TotalSeconds, f.Options.Concurrency, f.Slots.InUse, f.Options.CacheFor?.TotalSeconds,
        PayloadDocument.OfInput(f.Input), PayloadDocument.OfOutput(f.Output),
        [.. f.Options.Parameters], f.Usage.View());

    public static string PathOf(string name) => $"/v1/functions/{name}/call";
}

/// <summary>One direction of a function. No content types: any is taken.</summary>
internal sealed record PayloadDocument(PayloadKind Kind, IReadOnlyList<string> ContentTypes, long BytesMax, JsonNode? Schema, JsonNode? Example)
{
    public static PayloadDocument OfInput(PayloadShape input) => new(input.Kind, Taken(input), input.BytesMax, input.Schema, input.Example);

    public static PayloadDocument OfOutput(PayloadShape output) =>
        new(output.Kind, output.Kind == PayloadKind.None ? [] : CallOutput.Offered(output), output.BytesMax, output.Schema, null);

    private static IReadOnlyList<string> Taken(PayloadShape input) =>
        input.HasXml && !input.ContentTypes.Contains(MediaTypes.Xml) ? [.. input.ContentTypes, MediaTypes.Xml] : input.ContentTypes;
}

/// <summary>All functions, and what is wrong with manifests that are not served.</summary>
internal sealed record FunctionsDocument(IReadOnlyList<FunctionDocument> Functions, IReadOnlyList<string> Mistakes);
