using System.Globalization;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Jobs;

namespace Hearth.Api.Jobs.Workers;

/// <summary>The members of one object of a worker's request. The first mistake ends it; it names the member and the remedy.</summary>
internal sealed class WorkerFields
{
    private const string DurationExample = "a duration such as \"30s\", \"5m\" or \"PT30S\"";

    private readonly Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
    private readonly string path;
    private readonly bool lenient;

    /// <param name="element">The object.</param>
    /// <param name="path">Goes in front of its members' names: empty, or such as <c>[3].</c></param>
    /// <param name="lenient">Whether numbers may be text, because it came as XML.</param>
    /// <param name="known">Its members; null counts as left out, but for <c>result</c>.</param>
    public WorkerFields(JsonElement element, string path, bool lenient, params string[] known)
    {
        (this.path, this.lenient) = (path, lenient);
        if (element.ValueKind != JsonValueKind.Object)
            throw Rejected("", "must be an object");
        foreach (var member in element.EnumerateObject())
        {
            var name = NameOf(member);
            if (!known.Contains(name, StringComparer.Ordinal))
                throw Rejected(Problems.Shown(name), $"is not known: remove it, or use one of {string.Join(", ", known)}");
            if (member.Value.ValueKind != JsonValueKind.Null || name == "result")
                members.Add(name, member.Value);
        }
    }

    public bool Has(string name) => members.ContainsKey(name);

    public JsonElement this[string name] => members[name];

    /// <summary>The path of a member, as messages name it.</summary>
    public string PathOf(string name) => path + name;

    /// <summary>The text of an item.</summary>
    /// <param name="name">Its place.</param>
    /// <param name="value">A JSON string.</param>
    public string TextOf(string name, JsonElement value) => Unicode(name, value);

    public string? Text(string name) => !members.TryGetValue(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? Unicode(name, value)
        : throw Rejected(name, "must be text in quotes");

    /// <summary>Text without control characters and without spaces around it.</summary>
    public string? Name(string name, int lengthMax) => Text(name) is not { } text ? null
        : JobRules.IsText(text, lengthMax) ? text
        : throw Rejected(name, Invariant($"must have 1 to {lengthMax} characters, without control characters and without spaces around them"));

    public int Whole(string name, int? fallback, int min, int max)
    {
        var range = Invariant($"must be a whole number from {min} to {max}");
        if (!members.TryGetValue(name, out var value))
            return fallback ?? throw Missing(name, range);
        var isNumber = value.ValueKind == JsonValueKind.Number
            ? value.TryGetInt32(out var number)
            : (lenient & int.TryParse(value.ValueKind == JsonValueKind.String ? Unicode(name, value) : "", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number));
        return isNumber && number >= min && number <= max ? number : throw Rejected(name, range);
    }

    /// <summary>Whether it is true; false when it is left out.</summary>
    public bool Flag(string name) => members.TryGetValue(name, out var value) && (value.ValueKind, lenient && value.ValueKind == JsonValueKind.String ? Unicode(name, value) : null) switch
    {
        (JsonValueKind.True, _) or (_, "true") => true,
        (JsonValueKind.False, _) or (_, "false") => false,
        _ => throw Rejected(name, "must be true or false"),
    };

    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        if (Text(name) is not { } text)
            return fallback;
        var duration = DurationText.Parse(text) ?? throw Rejected(name, "must be " + DurationExample);
        return duration >= min && duration <= max
            ? duration
            : throw Rejected(name, Invariant($"must be a duration from {min.TotalSeconds:0}s to {max.TotalSeconds:0}s"));
    }

    public IReadOnlyList<JsonElement> Array(string name, int countMax, string what)
    {
        var expected = Invariant($"must be an array of 1 to {countMax} {what}");
        var value = members.TryGetValue(name, out var given) ? given : throw Missing(name, expected);
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is var count && count > 0 && count <= countMax
            ? [.. value.EnumerateArray()]
            : throw Rejected(name, expected);
    }

    public (JobId Id, int Attempt) Held() => (
        JobId.TryParse(Text("id") ?? throw Missing("id", "is a job's id, as the lease answered it"), out var id)
            ? id
            : throw Rejected("id", "must be a job's id, 32 hexadecimal digits, as the lease answered it"),
        Whole("attempt", null, 1, int.MaxValue));

    public JobRejectedException Missing(string name, string what) => Rejected(name, $"is missing: it {what}");

    public JobRejectedException Rejected(string name, string what)
    {
        var full = (path + name).TrimEnd('.');
        full = full.Length == 0 ? "$" : full;
        return new JobRejectedException(Problems.InvalidInput($"'{full}' {what}.", full));
    }

    private string NameOf(JsonProperty member) => Unicode("", () => member.Name);

    private string Unicode(string name, JsonElement value) => Unicode(name, () => value.GetString()!);

    private string Unicode(string name, Func<string> read)
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

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
