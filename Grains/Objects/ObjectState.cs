using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hearth.Objects;

/// <summary>An object's state as it is stored: the JSON of the author's type, and nothing around it.</summary>
[GenerateSerializer]
[Immutable]
[JsonConverter(typeof(RawJson))]
internal sealed record ObjectState
{
    /// <summary>Empty: there is none.</summary>
    [Id(0)]
    public ReadOnlyMemory<byte> Json { get; init; }

    private sealed class RawJson : JsonConverter<ObjectState>
    {
        public override ObjectState Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return new ObjectState { Json = JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray() };
        }

        public override void Write(Utf8JsonWriter writer, ObjectState value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Json.Span, skipInputValidation: true);
    }
}
