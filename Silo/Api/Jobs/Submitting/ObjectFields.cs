using System.Text.Json;
using Hearth.Api.Http;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>The members of one object of a request. The first mistake ends it; it names the member and the remedy.</summary>
/// <param name="path">Goes in front of its members' names: empty, or such as <c>limits.</c> or <c>[3].</c></param>
/// <param name="lenient">Whether numbers and booleans may be text, because it came as XML.</param>
internal abstract class ObjectFields(string path, bool lenient)
{
    protected string Path => path;

    protected bool IsLenient => lenient;

    /// <summary>Those that are there.</summary>
    protected Dictionary<string, JsonElement> Members { get; } = new(StringComparer.Ordinal);

    public string? Text(string name) => !Members.TryGetValue(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? Unicode(name, value)
        : throw Rejected(name, "must be text in quotes");

    public JobRejectedException Rejected(string name, string what)
    {
        var full = (path + name).TrimEnd('.');
        full = full.Length == 0 ? "$" : full;
        return new JobRejectedException(Problems.InvalidInput($"'{full}' {what}.", full));
    }

    /// <summary>What an element has, which must be an object.</summary>
    protected IEnumerable<(string Name, JsonElement Value)> Read(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Rejected("", "must be an object");
        foreach (var member in element.EnumerateObject())
            yield return (Unicode("", () => member.Name), member.Value);
    }

    protected string Unicode(string name, JsonElement value) => Unicode(name, () => value.GetString()!);

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
}
