using System.Globalization;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Functions.Payloads;
using Hearth.Jobs;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>Values of members, each with its own words for what it is not.</summary>
internal ref partial struct JobReader
{
    private const int TextBytesMax = 16 << 10;
    private const int ListMax = 100;

    /// <summary>Goes to the next member's value, or behind the object.</summary>
    private bool Next(string path, string[] known, ref uint seen, out string name)
    {
        json.Read();
        name = "";
        if (json.TokenType == JsonTokenType.EndObject)
            return false;
        field = path;
        if (json.HasValueSequence ? json.ValueSequence.Length > TextBytesMax : json.ValueSpan.Length > TextBytesMax)
            throw Rejected("has a member whose name is too long");
        name = json.GetString()!;
        field = path.Length == 0 ? name : path + name;
        var index = Array.IndexOf(known, name);
        if (index < 0)
        {
            field = path + Problems.Shown(name);
            throw Rejected($"is not known: remove it, or use one of {string.Join(", ", known)}");
        }

        if ((seen & (1u << index)) != 0)
            throw Rejected("is given twice: keep one of them");
        seen |= 1u << index;
        json.Read();
        return true;
    }

    private readonly void Open(string example)
    {
        if (json.TokenType != JsonTokenType.StartObject)
            throw Rejected($"must be {example}");
    }

    private readonly string Text(string expected = "text in quotes")
    {
        if (json.TokenType != JsonTokenType.String)
            throw Rejected($"must be {expected}");
        return (json.HasValueSequence ? json.ValueSequence.Length : json.ValueSpan.Length) <= TextBytesMax
            ? json.GetString()!
            : throw Rejected("is too long");
    }

    /// <summary>The text as UTF-8, in an array of its own.</summary>
    private readonly byte[] Utf8()
    {
        var bytes = new byte[json.HasValueSequence ? json.ValueSequence.Length : json.ValueSpan.Length];
        var length = json.CopyString(bytes);
        return length == bytes.Length ? bytes : bytes[..length];
    }

    private readonly TimeSpan Duration()
    {
        const string Example = "a duration such as \"500ms\", \"30s\", \"5m\", \"1h\", \"1d\" or \"PT30S\"";
        return DurationText.Parse(Text(Example)) ?? throw Rejected("must be " + Example);
    }

    private readonly DateTimeOffset Time() => TimeText.Parse(Text(TimeText.Example)) ?? throw Rejected("must be " + TimeText.Example);

    private readonly int Whole()
    {
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var number))
            return number;
        return lenient && json.TokenType == JsonTokenType.String
            && int.TryParse(Text(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)
            ? number
            : throw Rejected("must be a whole number");
    }

    private readonly double Number()
    {
        if (json.TokenType == JsonTokenType.Number && json.TryGetDouble(out var number))
            return number;
        return lenient && json.TokenType == JsonTokenType.String
            && double.TryParse(Text(), NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            ? number
            : throw Rejected("must be a number");
    }

    private List<string> Texts(string path, int countMax)
    {
        if (json.TokenType != JsonTokenType.StartArray)
            throw Rejected("must be an array of texts, for instance [\"a\", \"b\"]");
        var texts = new List<string>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            field = string.Create(CultureInfo.InvariantCulture, $"{path}[{texts.Count}]");
            if (texts.Count == Math.Max(countMax + 1, ListMax))
                throw Rejected(string.Create(CultureInfo.InvariantCulture, $"is one too many: at most {countMax} are taken"));
            texts.Add(Text());
        }

        return texts;
    }

    private List<JobState> States()
    {
        const string Path = "unique.while";
        var states = new List<JobState>();
        foreach (var text in Texts(Path, Enum.GetValues<JobState>().Length))
        {
            field = string.Create(CultureInfo.InvariantCulture, $"{Path}[{states.Count}]");
            states.Add(JobStateText.Parse(text) ?? throw Rejected($"must be one of {JobStateText.All}"));
        }

        return states;
    }

    private UniqueMode Mode() => Text() switch
    {
        "refuse" => UniqueMode.Refuse,
        "throttle" => UniqueMode.Throttle,
        "debounce" => UniqueMode.Debounce,
        "latest" => UniqueMode.Latest,
        _ => throw Rejected("must be refuse, throttle, debounce or latest"),
    };

    private List<KeyValuePair<string, string>> Pairs()
    {
        Open("an object of texts such as {\"format\": \"gzip\"}");
        var pairs = new List<KeyValuePair<string, string>>();
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            field = "parameters";
            var name = json.GetString()!;
            field = "parameters." + Problems.Shown(name);
            if (pairs.Count == ListMax)
                throw Rejected("is one too many");
            json.Read();
            pairs.Add(KeyValuePair.Create(name, Text()));
        }

        return pairs;
    }

    private readonly JobRejectedException Rejected(string what)
    {
        var path = (prefix + field).TrimEnd('.');
        return new JobRejectedException(Problems.InvalidInput($"'{(path.Length == 0 ? "$" : path)}' {what}.", path.Length == 0 ? "$" : path));
    }

    private static string Describe(JsonException e) =>
        e.Message.Contains("maximum configured depth", StringComparison.Ordinal)
            ? $"The JSON is nested too deep: an input may have {HearthJson.DepthMax} levels."
            : string.Create(CultureInfo.InvariantCulture, $"The body is not valid JSON: line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}.");
}
