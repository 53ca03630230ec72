using System.Globalization;
using System.Text.Json;

namespace Hearth.Executables;

/// <summary>The fields of one JSON object, taken by name and type; collects a mistake for each that does not fit.</summary>
internal sealed partial class ManifestFields
{
    private readonly Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
    private readonly SortedSet<string> taken = new(StringComparer.Ordinal);
    private readonly string file;
    private readonly string prefix;
    private readonly List<string> mistakes;

    public ManifestFields(JsonElement element, string file, string prefix, List<string> mistakes)
    {
        (this.file, this.prefix, this.mistakes) = (file, prefix, mistakes);
        foreach (var property in element.EnumerateObject())
            if (!fields.TryAdd(property.Name, property.Value))
                Mistake(property.Name, "is given twice: keep one of them");
    }

    /// <summary>After all known fields are taken: the rest are spelling mistakes or wishes.</summary>
    public void RefuseOthers()
    {
        foreach (var name in fields.Keys.Where(name => !taken.Contains(name)))
            Mistake(name, $"is not known: use one of {string.Join(", ", taken)}");
    }

    public string? Text(string name)
    {
        if (Take(name, JsonValueKind.String, "text in quotes") is not { } element)
            return null;
        var text = element.GetString()!;
        if (!text.Contains('\0', StringComparison.Ordinal))
            return text;
        Mistake(name, "holds a NUL character, which no program can be given: remove it");
        return null;
    }

    public IReadOnlyList<string>? Texts(string name)
    {
        const string Remedy = "must be an array of texts, for instance [\"a\", \"b\"]";
        if (Take(name, JsonValueKind.Array, "an array of texts, for instance [\"a\", \"b\"]") is not { } array)
            return null;
        var texts = new List<string>();
        foreach (var element in array.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.String && element.GetString() is { } text && !text.Contains('\0', StringComparison.Ordinal))
            {
                texts.Add(text);
                continue;
            }

            Mistake(name, Remedy);
            return null;
        }

        return texts;
    }

    public long? Number(string name, long min, long max)
    {
        var range = $"a whole number between {min} and {max}";
        if (Take(name, JsonValueKind.Number, range) is not { } element)
            return null;
        if (element.TryGetInt64(out var number) && number >= min && number <= max)
            return number;
        Mistake(name, $"is {element.GetRawText()} and must be {range}");
        return null;
    }

    public double? Real(string name, double min, double max)
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"a number between {min} and {max}");
        if (Take(name, JsonValueKind.Number, range) is not { } element)
            return null;
        if (element.TryGetDouble(out var number) && number >= min && number <= max)
            return number;
        Mistake(name, $"is {element.GetRawText()} and must be {range}");
        return null;
    }

    public bool Flag(string name)
    {
        if (!fields.TryGetValue(name, out var element))
        {
            taken.Add(name);
            return false;
        }

        taken.Add(name);
        if (element.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            Mistake(name, "must be true or false, without quotes");
        return element.ValueKind == JsonValueKind.True;
    }

    public ManifestFields? Object(string name) => Take(name, JsonValueKind.Object, "an object in braces") is { } element
        ? new ManifestFields(element, file, $"{prefix}{name}.", mistakes)
        : null;

    private JsonElement? Take(string name, JsonValueKind kind, string expected)
    {
        taken.Add(name);
        if (!fields.TryGetValue(name, out var element))
            return null;
        if (element.ValueKind == kind)
            return element;
        Mistake(name, $"must be {expected}");
        return null;
    }

    private void Mistake(string name, string what) => mistakes.Add($"{file}: '{prefix}{name}' {what}.");
}
