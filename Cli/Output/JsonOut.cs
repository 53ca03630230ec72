using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hearth.Cli.Output;

/// <summary>JSON for scripts, a document a line: members in camel case, those without a value left out.</summary>
internal static class JsonOut
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Text<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static void Print<T>(T value) => Console.Out.WriteLine(Text(value));
}
