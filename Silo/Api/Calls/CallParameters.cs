using System.Collections.Immutable;
using Hearth.Api.Http;
using Hearth.Functions;

namespace Hearth.Api.Calls;

/// <summary>Checks a request's query parameters against those that the function declares.</summary>
internal static class CallParameters
{
    private const int LengthMax = 256;

    public static (IReadOnlyDictionary<string, string> Values, Problem? Problem) Read(
        ServedFunction function, IEnumerable<KeyValuePair<string, string>> given)
    {
        var declared = function.Options.Parameters;
        if (declared.Count == 0 && !given.Any())
            return (ImmutableDictionary<string, string>.Empty, null);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in given)
        {
            if (Check(declared.FirstOrDefault(p => p.Name == name), function, name, value) is { } problem)
                return (values, problem);
            if (!values.TryAdd(name, value))
                return (values, Problems.InvalidInput($"The parameter '{name}' is given twice.", name));
        }

        foreach (var parameter in declared)
        {
            if (parameter.Default is not null)
                values.TryAdd(parameter.Name, parameter.Default);
        }

        return (values, null);
    }

    private static Problem? Check(FunctionParameter? declared, ServedFunction function, string name, string value)
    {
        if (declared is null)
        {
            var known = function.Options.Parameters.Select(p => p.Name).ToList();
            var remedy = known.Count == 0 ? "it takes none" : "it takes " + string.Join(", ", known);
            return Problems.InvalidInput($"Function '{function.Name}' has no parameter '{Shorten(name)}': {remedy}.", Shorten(name));
        }

        if (declared.Values is { } values && !values.Contains(value))
            return Problems.InvalidInput($"The parameter '{name}' must be {string.Join(", ", values)}.", name);
        return value.Length > LengthMax ? Problems.InvalidInput($"The parameter '{name}' may have at most {LengthMax} characters.", name) : null;
    }

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
