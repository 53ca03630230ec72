using System.Globalization;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Functions;

namespace Hearth.Api.Jobs.Queues;

/// <summary>The members of one object of a definition; null counts as left out. The first mistake ends it; it names the member and the remedy.</summary>
internal sealed class DefinitionFields
{
    private const string DurationExample = "a duration such as \"500ms\", \"30s\", \"5m\", \"1h\", \"1d\" or \"PT30S\"";
    private const int ArrayMax = 1_000;

    private readonly Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
    private readonly string path;
    private readonly bool lenient;

    /// <param name="element">The object.</param>
    /// <param name="path">Goes in front of its members' names: empty, or such as <c>limits.</c></param>
    /// <param name="lenient">Whether numbers and booleans may be text, because it came as XML.</param>
    /// <param name="known">Its members; none: any.</param>
    public DefinitionFields(JsonElement element, string path, bool lenient, params string[] known)
    {
        (this.path, this.lenient) = (path, lenient);
        if (element.ValueKind != JsonValueKind.Object)
            throw Rejected("", "must be an object");
        foreach (var member in element.EnumerateObject())
        {
            var name = Unicode(() => member.Name);
            if (known.Length > 0 && !known.Contains(name, StringComparer.Ordinal))
                throw Unknown(name, known);
            if (member.Value.ValueKind != JsonValueKind.Null)
                members.Add(name, member.Value);
        }
    }

    public IEnumerable<string> Names => members.Keys;

    public string? Text(string name) => !members.TryGetValue(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? Unicode(() => value.GetString()!, name)
        : throw Rejected(name, "must be text in quotes");

    public string Needed(string name) => Text(name) ?? throw Rejected(name, "is missing");

    public int? Whole(string name)
    {
        if (!members.TryGetValue(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
            return number;
        return lenient && value.ValueKind == JsonValueKind.String && int.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)
            ? number
            : throw Rejected(name, "must be a whole number");
    }

    public double? Number(string name)
    {
        if (!members.TryGetValue(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number))
            return number;
        return lenient && value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            ? number
            : throw Rejected(name, "must be a number");
    }

    public bool? Flag(string name) => !members.TryGetValue(name, out var value) ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : lenient && value.ValueKind == JsonValueKind.String && bool.TryParse(value.GetString(), out var flag) ? flag
        : throw Rejected(name, "must be true or false");

    public TimeSpan? Duration(string name) => !members.TryGetValue(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String && DurationText.Parse(Unicode(() => value.GetString()!, name)) is { } time ? time
        : throw Rejected(name, "must be " + DurationExample);

    /// <summary>The members of an object that is a member; null when it is left out.</summary>
    public DefinitionFields? Object(string name, params string[] known) =>
        members.TryGetValue(name, out var value) ? new DefinitionFields(value, $"{path}{name}.", lenient, known) : null;

    /// <summary>The objects of an array that is a member; null when it is left out.</summary>
    public IReadOnlyList<DefinitionFields>? Objects(string name, params string[] known) => Array(name) is not { } items ? null
        : [.. items.Select((item, i) => new DefinitionFields(item, string.Create(CultureInfo.InvariantCulture, $"{path}{name}[{i}]."), lenient, known))];

    public IReadOnlyList<string>? Texts(string name) => Array(name) is not { } items ? null
        : [.. items.Select(item => item.ValueKind == JsonValueKind.String ? Unicode(() => item.GetString()!, name) : throw Rejected(name, "must be an array of texts"))];

    public JobRejectedException Rejected(string name, string what)
    {
        var full = (path + name).TrimEnd('.');
        full = full.Length == 0 ? "$" : full;
        return new JobRejectedException(Problems.InvalidInput($"'{full}' {what}.", full));
    }

    private List<JsonElement>? Array(string name)
    {
        if (!members.TryGetValue(name, out var value))
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

    private string Unicode(Func<string> read, string name = "")
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            // Thrown for text that JSON can spell and UTF-16 cannot hold.
            throw Rejected(name, "holds text that is not Unicode: send valid UTF-8, without lone surrogates");
        }
    }
}
