using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Hearth.Api.Calls;

/// <summary>How the values of a function's own route and query reach it.</summary>
internal static class OwnRoute
{
    /// <summary>As the silo's own routing has it: a constraint that it does not know would fail every request, not only those of its route.</summary>
    private static readonly ParameterPolicyFactory Constraints =
        new ServiceCollection().AddLogging().AddRoutingCore().BuildServiceProvider().GetRequiredService<ParameterPolicyFactory>();

    /// <summary>For a typed function, what it declares as parameters; the rest are members of its input. For others, all.</summary>
    public static IEnumerable<KeyValuePair<string, string>> ParametersOf(IEnumerable<KeyValuePair<string, string>> members, ServedFunction function) =>
        function.Input.Kind == PayloadKind.Json ? members.Where(m => IsParameter(function, m.Key)) : members;

    /// <summary>What is wrong with the routes of functions that are to be served together, one sentence each.</summary>
    public static IEnumerable<string> Mistakes(IEnumerable<ServedFunction> functions)
    {
        var taken = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var function in functions.Where(f => f.Options.Route is not null))
        {
            if (ShapeOf(function.Options.Route!) is not { } shape)
                yield return $"Function '{function.Name}': route '{function.Options.Route}' is not a route template such as /orders/{{id}} or /orders/{{id:int}}.";
            else if (!taken.TryAdd($"{function.Options.Method} {shape}", function.Name))
                yield return $"Function '{function.Name}': route '{function.Options.Route}' is that of function '{taken[$"{function.Options.Method} {shape}"]}' already.";
        }
    }

    /// <summary>The template as OpenAPI writes it, without constraints and defaults: <c>/orders/{id}</c>.</summary>
    public static string PathOf(string route) => TextOf(route, parameter => $"{{{parameter.Name}}}");

    private static string TextOf(string route, Func<RoutePatternParameterPart, string> parameter) =>
        "/" + string.Join('/', RoutePatternFactory.Parse(route).PathSegments.Select(s => string.Concat(s.Parts.Select(p => p switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            _ => parameter((RoutePatternParameterPart)p),
        }))));

    /// <summary>The template without its parameters' names: two of one shape match the same paths. Null when it cannot be read.</summary>
    private static string? ShapeOf(string route)
    {
        try
        {
            foreach (var parameter in RoutePatternFactory.Parse(route).Parameters)
            {
                foreach (var policy in parameter.ParameterPolicies)
                    Constraints.Create(parameter, policy);
            }

            return TextOf(route, _ => "{}");
        }
        catch (Exception e) when (e is RoutePatternException or RouteCreationException or InvalidOperationException)
        {
            return null;
        }
    }

    public static Problem? TryMerge(IEnumerable<KeyValuePair<string, string>> members, ServedFunction function, CallInput body, out CallInput merged)
    {
        merged = body;
        if (!JsonInput.IsUtf8(body.Body))
            return Problems.From(JsonInput.NotUtf8);
        try
        {
            merged = CallInput.Merge(members.Where(m => !IsParameter(function, m.Key)), body);
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Problems.Malformed("The body is not a JSON object.");
        }
    }

    private static bool IsParameter(ServedFunction function, string name) => function.Options.Parameters.Any(p => p.Name == name);
}
