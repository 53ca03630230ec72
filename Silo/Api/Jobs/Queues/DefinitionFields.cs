using System.Globalization;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Functions;

namespace Hearth.Api.Jobs.Queues;

/// <summary>The members of one object of a definition; null counts as left out. The first mistake ends it; it names the member and the remedy.</summary>
internal sealed class DefinitionFields : ObjectFields
{
    private const string DurationExample = "a duration such as \"500ms\", \"30s\", \"5m\", \"1h\", \"1d\" or \"PT30S\"";
    private const int ArrayMax = 1_000;

    /// <param name="element">The object.</param>
    /// <param name="path">Goes in front of its members' names: empty, or such as <c>limits.</c></param>
    /// <param name="lenient">Whether numbers and booleans may be text, because it came as XML.</param>
    /// <param name="known">Its members; none: any.</param>
    public DefinitionFields(JsonElement element, string path, bool lenient, params string[] known)
        : base(path, lenient)
    {
        foreach (var (name, value) in Read(element))
        {
            if (known.Length > 0 && !known.Contains(name, StringComparer.Ordinal))
                throw Unknown(name, known);
            if (value.ValueKind != JsonValueKind.Null)
                Members.Add(name, value);
        }
    }

    public IEnumerable<string> Names => Members.Keys;

    public string Needed(string name) => Text(name) ?? throw Rejected(name, "is missing");

    public int? Whole(string name)
    {
        if (!Members.TryGetValue(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
            return number;
        return IsLenient && value.ValueKind == JsonValueKind.String && int.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)
            ? number
            : throw Rejected(name, "must be a whole number");
    }

    public double? Number(string name)
    {
        if (!Members.TryGetValue(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number))
            return number;
        return IsLenient && value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            ? number
            : throw Rejected(name, "must be a number");
    }

    public bool? Flag(string name) => !Members.TryGetValue(name, out var value) ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : IsLenient && value.ValueKind == JsonValueKind.String && bool.TryParse(value.GetString(), out var flag) ? flag
        : throw Rejected(name, "must be true or false");

    public TimeSpan? Duration(string name) => !Members.TryGetValue(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String && DurationText.Parse(Unicode(name, value)) is { } time ? time
        : throw Rejected(name, "must be " + DurationExample);

    /// <summary>The members of an object that is a member; null when it is left out.</summary>
    public DefinitionFields? Object(string name, params string[] known) =>
        Members.TryGetValue(name, out var value) ? new DefinitionFields(value, $"{Path}{name}.", IsLenient, known) : null;

    /// <summary>The objects of an array that is a member; null when it is left out.</summary>
    public IReadOnlyList<DefinitionFields>? Objects(string name, params string[] known) => Array(name) is not { } items ? null
        : [.. items.Select((item, i) => new DefinitionFields(item, string.Create(CultureInfo.InvariantCulture, $"{Path}{name}[{i}]."), IsLenient, known))];

    public IReadOnlyList<string>? Texts(string name) => Array(name) is not { } items ? null
        : [.. items.Select(item => item.ValueKind == JsonValueKind.String ? Unicode(name, item) : throw Rejected(name, "must be an array of texts"))];

    private List<JsonElement>? Array(string name)
    {
        if (!Members.TryGetValue(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= ArrayMax ? [.. value.EnumerateArray()] : throw Rejected(name, "must be an array");
    }

    private JobRejectedException Unknown(string name, string[] known)
    {
        var near = NearNames.Of(name, known);
        var hint = near.Count == 0 ? $"remove it, or use one of {string.Join(", ", known)}" : $"did you mean {string.Join(" or ", near)}?";
        var shown = Problems.Shown(name);
        var problem = Rejected(shown, $"is not known: {hint}").Problem;
        return new JobRejectedException(problem with { Choices = near, Detail = problem.Detail!.Replace("?.", "?", StringComparison.Ordinal) });
    }
}
