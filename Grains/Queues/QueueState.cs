using System.Text.Json;
using System.Text.Json.Serialization;
using Hearth.Functions.Payloads;

namespace Hearth.Queues;

/// <summary>What is stored of a queue.</summary>
[GenerateSerializer]
[Immutable]
[JsonConverter(typeof(AsStored))]
internal sealed record QueueState
{
    /// <summary>Null: what code and configuration say.</summary>
    [Id(0)]
    public QueueDefinition? Definition { get; init; }

    /// <summary>Oldest first; the last one takes new jobs. Empty: the queue has one shard, of number 0.</summary>
    [Id(1)]
    public IReadOnlyList<QueueGeneration> Generations { get; init; } = [];

    public static QueueState Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<QueueState>(json, HearthJson.Stored)!;

    private sealed record Form(QueueDefinition? Definition, IReadOnlyList<QueueGeneration> Generations);

    /// <summary>Passes over what a newer silo has written and this one does not know, whoever reads.</summary>
    private sealed class AsStored : JsonConverter<QueueState>
    {
        public override QueueState Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<Form>(ref reader, HearthJson.Stored) is var form && form is null
                ? new QueueState()
                : new QueueState { Definition = form.Definition, Generations = form.Generations };

        public override void Write(Utf8JsonWriter writer, QueueState value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, new Form(value.Definition, value.Generations), HearthJson.Stored);
    }
}
