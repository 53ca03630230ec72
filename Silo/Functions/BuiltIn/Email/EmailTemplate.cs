using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Hearth.Functions.BuiltIn;

/// <summary>Fills <c>{{name}}</c> and <c>{{order.total}}</c> with values; in HTML as text, so that a value cannot become markup.</summary>
internal static partial class EmailTemplate
{
    /// <exception cref="FunctionException">A name has no value.</exception>
    public static string Fill(string text, JsonNode? values, bool isHtml) => values is null ? text : Place().Replace(text, place =>
    {
        var at = values;
        foreach (var part in place.Groups["path"].Value.Split('.'))
            at = at is JsonObject known && known.TryGetPropertyValue(part, out var next) ? next : throw JobOutcome.FailForGood($"values: there is none for {place.Value}.");
        var value = at switch
        {
            null => "",
            JsonValue single when single.TryGetValue<string>(out var words) => words,
            JsonValue single => single.ToJsonString(),
            _ => throw JobOutcome.FailForGood($"values: what stands for {place.Value} must be text, a number, true, false or null."),
        };
        return isHtml ? WebUtility.HtmlEncode(value) : value;
    });

    [GeneratedRegex(@"\{\{ *(?<path>[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*) *\}\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Place();
}
