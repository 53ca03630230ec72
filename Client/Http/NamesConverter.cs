using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hearth.Client.Http;

/// <summary>Names of an enum in camel case. One that this version does not know is the enum's first, so that newer silos can be talked to.</summary>
internal sealed class NamesConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    public static string NameOf(T value) => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Enum.TryParse<T>(reader.GetString(), ignoreCase: true, out var value) && Enum.IsDefined(value)
            ? value
            : default;

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(NameOf(value));
}
