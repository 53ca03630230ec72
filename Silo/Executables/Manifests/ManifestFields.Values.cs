using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hearth.Functions;

namespace Hearth.Executables;

/// <summary>The fields with a grammar of their own.</summary>
internal sealed partial class ManifestFields
{
    private const string DurationExample = "a duration such as \"30s\", \"5m\", \"1h\" or \"PT30S\"";

    public string Name(string name, string fallback)
    {
        var value = Text(name) ?? fallback;
        if (!FunctionName.IsValid(value))
            Mistake(name, $"is '{value}', but {FunctionName.Rule}");
        return value;
    }

    public string? Version(string name)
    {
        var value = Text(name);
        if (value is not null && !FunctionName.IsVersion(value))
            Mistake(name, $"is '{value}' and must be 1 to 64 letters, digits, dots, dashes or underscores");
        return value;
    }

    public TimeSpan? Duration(string name, TimeSpan max)
    {
        if (Take(name, JsonValueKind.String, DurationExample) is not { } element)
            return null;
        var text = element.GetString()!;
        if (DurationText.Parse(text) is { } duration && duration > TimeSpan.Zero && duration <= max)
            return duration;
        Mistake(name, $"is '{text}' and must be {DurationExample}, above zero and at most {max.TotalHours:0} hours");
        return null;
    }

    public T Choice<T>(string name, T fallback)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(n => n.ToLowerInvariant()).ToArray();
        if (Text(name) is not { } text)
            return fallback;
        if (names.Contains(text, StringComparer.Ordinal))
            return Enum.Parse<T>(text, ignoreCase: true);
        Mistake(name, $"is '{text}' and must be one of {string.Join(", ", names)}");
        return fallback;
    }

    public string? MediaType(string name)
    {
        var value = Text(name);
        if (value is not null && !IsMediaType(value))
            Mistake(name, $"is '{value}' and must be a media type such as \"application/json\"");
        return value;
    }

    public IReadOnlyList<string>? MediaTypes(string name)
    {
        var values = Texts(name);
        foreach (var value in (values ?? []).Where(value => !IsMediaType(value)))
            Mistake(name, $"holds '{value}' and must hold media types such as \"text/plain\"");
        return values;
    }

    /// <summary>Names of environment variables.</summary>
    public IReadOnlyList<string>? Names(string name)
    {
        var values = Texts(name);
        foreach (var value in (values ?? []).Where(value => !IsVariable(value)))
            Mistake(name, $"holds '{value}', which is no name of a variable: use letters, digits and underscores");
        return values;
    }

    public IReadOnlyDictionary<string, string> Environment(string name)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Object(name) is not { } inner)
            return variables;
        foreach (var variable in inner.fields.Keys)
        {
            if (!IsVariable(variable))
                inner.Mistake(variable, "is no name of a variable: use letters, digits and underscores");
            else if (variable.StartsWith("HEARTH_", StringComparison.Ordinal))
                inner.Mistake(variable, "starts with HEARTH_, which is kept for what Hearth tells a run: choose another name");
            if (inner.Text(variable) is { } value)
                variables[variable] = value;
        }

        return variables;
    }

    /// <summary>What exit codes mean.</summary>
    public IReadOnlyDictionary<int, ExitMeaning> ExitCodes(string name)
    {
        var meanings = new Dictionary<int, ExitMeaning>();
        if (Object(name) is not { } inner)
            return meanings;
        foreach (var code in inner.fields.Keys)
        {
            var isCode = int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 255;
            if (!isCode)
                inner.Mistake(code, "is no exit code to give a meaning to: use a number from 1 to 255");
            if (inner.Text(code) is not { } text)
                continue;
            if (ExitMeaning.Parse(text) is not { } meaning)
                inner.Mistake(code, $"is '{text}' and must be \"snooze 5m\", \"retryAfter 5m\" (1s to 30d), either with \"backOff key\" or \"backOff queue\" behind it, \"discard\" or \"failForGood\"");
            else if (isCode && !meanings.TryAdd(number, meaning))
                inner.Mistake(code, "is given twice: keep one of them");
        }

        return meanings;
    }

    private static bool IsMediaType(string value) =>
        MediaTypeHeaderValue.TryParse(value, out var parsed) && parsed.MediaType?.Contains('/', StringComparison.Ordinal) == true;

    private static bool IsVariable(string value) => VariableName().IsMatch(value);

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.NonBacktracking)]
    private static partial Regex VariableName();
}
