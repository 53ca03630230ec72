using System.Globalization;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Jobs;

namespace Hearth.Api.Jobs.Workers;

/// <summary>The members of one object of a worker's request. The first mistake ends it; it names the member and the remedy.</summary>
internal sealed class WorkerFields : ObjectFields
{
    private const string DurationExample = "a duration such as \"30s\", \"5m\" or \"PT30S\"";

    /// <param name="element">The object.</param>
    /// <param name="path">Goes in front of its members' names: empty, or such as <c>[3].</c></param>
    /// <param name="lenient">Whether numbers may be text, because it came as XML.</param>
    /// <param name="known">Its members; null counts as left out, but for <c>result</c>.</param>
    public WorkerFields(JsonElement element, string path, bool lenient, params string[] known)
        : base(path, lenient)
    {
        foreach (var (name, value) in Read(element))
        {
            if (!known.Contains(name, StringComparer.Ordinal))
                throw Rejected(Problems.Shown(name), $"is not known: remove it, or use one of {string.Join(", ", known)}");
            if (value.ValueKind != JsonValueKind.Null || name == "result")
                Members.Add(name, value);
        }
    }

    public bool Has(string name) => Members.ContainsKey(name);

    public JsonElement this[string name] => Members[name];

    /// <summary>The path of a member, as messages name it.</summary>
    public string PathOf(string name) => Path + name;

    /// <summary>The text of an item.</summary>
    /// <param name="name">Its place.</param>
    /// <param name="value">A JSON string.</param>
    public string TextOf(string name, JsonElement value) => Unicode(name, value);

    /// <summary>Text without control characters and without spaces around it.</summary>
    public string? Name(string name, int lengthMax) => Text(name) is not { } text ? null
        : JobRules.IsText(text, lengthMax) ? text
        : throw Rejected(name, Invariant($"must have 1 to {lengthMax} characters, without control characters and without spaces around them"));

    public int Whole(string name, int? fallback, int min, int max)
    {
        var range = Invariant($"must be a whole number from {min} to {max}");
        if (!Members.TryGetValue(name, out var value))
            return fallback ?? throw Missing(name, range);
        var isNumber = value.ValueKind == JsonValueKind.Number
            ? value.TryGetInt32(out var number)
            : (IsLenient & int.TryParse(value.ValueKind == JsonValueKind.String ? Unicode(name, value) : "", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number));
        return isNumber && number >= min && number <= max ? number : throw Rejected(name, range);
    }

    /// <summary>Whether it is true; false when it is left out.</summary>
    public bool Flag(string name) => Members.TryGetValue(name, out var value) && (value.ValueKind, IsLenient && value.ValueKind == JsonValueKind.String ? Unicode(name, value) : null) switch
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
        var value = Members.TryGetValue(name, out var given) ? given : throw Missing(name, expected);
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

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
