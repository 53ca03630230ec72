using System.Buffers;
using System.Text.Unicode;
using Hearth.Api.Calls;
using Hearth.Api.Http;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Jobs;
using Microsoft.Net.Http.Headers;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>Makes a job of the members that were sent: (1) find the function, (2) its parameters, (3) its input, checked as a call's, (4) the rest.</summary>
internal sealed class JobBuilder(FunctionRegistry registry)
{
    /// <exception cref="JobRejectedException">It is not as it has to be.</exception>
    public JobSpec Build(in JobMembers members, bool lenient)
    {
        var function = Find(members.Function);
        var parameters = Parameters(function, members.Parameters ?? []);
        var isLenient = lenient && members.InputMember == "input";
        var (contentType, input) = Input(function, members, isLenient);
        var options = members.Options;
        if (parameters.Count > 0 || isLenient)
            options = (options ?? JobOptions.Default) with { Parameters = parameters.Count == 0 ? null : parameters, Lenient = isLenient };
        if (options is not null && JobRules.Check(options) is { } mistake)
            throw Rejected(mistake.Field, mistake.Detail);
        return new JobSpec(function.Name, contentType, input, options);
    }

    private ServedFunction Find(string? name)
    {
        if (name is null)
            throw Rejected("function", "'function' is missing: name the function to run; GET /v1/functions lists them.");
        if (registry.FindOffered(name) is { } function)
            return function;
        var unknown = Problems.UnknownFunction(name, registry.Near(name));
        throw new JobRejectedException(Problems.InvalidInput(unknown.Detail!, "function") with { Choices = unknown.Choices });
    }

    private static IReadOnlyDictionary<string, string> Parameters(ServedFunction function, List<KeyValuePair<string, string>> given)
    {
        var (values, problem) = CallParameters.Read(function, given);
        return problem is null ? values : throw new JobRejectedException(problem with { Field = "parameters." + problem.Field });
    }

    private static (string ContentType, byte[] Input) Input(ServedFunction function, in JobMembers members, bool lenient)
    {
        if (function.Input.Kind == PayloadKind.None)
        {
            return members.InputMember is null || IsNull(members)
                ? ("", [])
                : throw Rejected(members.InputMember, $"Function '{function.Name}' takes no input: leave it out.");
        }

        var contentType = ContentType(function, members);
        var bytesMax = Math.Min(function.Input.BytesMax, JobSpec.InputBytesMax);
        var length = members.Input?.Length ?? members.Decoded?.Length ?? 0;
        var member = members.InputMember ?? "input";
        if (length > bytesMax)
            throw new JobRejectedException(Problems.InputTooLarge(function.Name, bytesMax, member));
        var input = members.Input is { } slice ? slice.ToArray() : members.Decoded ?? [];
        Check(function, members, input, contentType, lenient);
        return (contentType, input);
    }

    private static void Check(ServedFunction function, in JobMembers members, byte[] input, string contentType, bool lenient)
    {
        if (members.InputMember is null && contentType == MediaTypes.Json)
            throw Rejected("input", $"'input' is missing: function '{function.Name}' needs a JSON value.");
        var member = members.InputMember ?? "input";
        // What is typed is checked with the rest.
        if (member == "input" && function.Input.Kind != PayloadKind.Json && !Utf8.IsValid(input))
            throw Rejected(member, "'input' is not valid UTF-8.");
        if (function.CheckInput(new ReadOnlySequence<byte>(input), contentType, lenient) is { } error)
            throw Rejected(member + error.Field?.TrimStart('$'), error.Detail);
    }

    private static string ContentType(ServedFunction function, in JobMembers members)
    {
        var isTyped = function.Input.Kind == PayloadKind.Json;
        if (members.ContentType is { } given && !MediaTypeHeaderValue.TryParse(given, out _))
            throw Rejected("contentType", $"'{Problems.Shown(given)}' is no media type: send one such as text/plain.");
        var said = members.ContentType is null ? null : Accept.MediaTypeOf(members.ContentType);
        if (members.InputMember == "input" && said is not (null or MediaTypes.Json))
            throw Rejected("contentType", "'input' is JSON: leave contentType out, or send inputText or inputBase64.");
        var type = said ?? members.InputMember switch
        {
            "input" => MediaTypes.Json,
            "inputText" => MediaTypes.Text,
            "inputBase64" => MediaTypes.Bytes,
            _ => isTyped ? MediaTypes.Json : function.Input.Kind == PayloadKind.Text ? MediaTypes.Text : MediaTypes.Bytes,
        };
        if (function.Input.Takes(type))
            return type;
        var taken = string.Join(" or ", function.Input.ContentTypes.Where(t => t != MediaTypes.Xml));
        throw Rejected(
            members.ContentType is null ? members.InputMember ?? "input" : "contentType",
            members.InputMember == "input"
                ? $"Function '{function.Name}' does not take JSON: send inputText or inputBase64, with contentType {taken}."
                : $"Function '{function.Name}' does not take '{Problems.Shown(type)}': send contentType {taken}{(isTyped ? ", or input" : "")}.");
    }

    private static bool IsNull(in JobMembers members) => members.Input is { } input && input.ToArray().AsSpan().SequenceEqual("null"u8);

    private static JobRejectedException Rejected(string field, string detail) => new(Problems.InvalidInput(detail, field));
}
