using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Hearth.Functions.Payloads;

namespace Hearth.Objects.Operations;

/// <summary>How states of a type are read and written.</summary>
internal sealed class StateJson<TState>(int bytesMax)
    where TState : class, new()
{
    private static readonly JsonTypeInfo<TState> Type = (JsonTypeInfo<TState>)HearthJson.Stored.GetTypeInfo(typeof(TState));

    public int BytesMax => bytesMax;

    public static JsonNode? Schema => Shapes.SchemaOf(PayloadKind.Json, typeof(TState));

    /// <exception cref="StateUnreadableException">The state is not what the code takes.</exception>
    public TState Read(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return new TState();
        try
        {
            return JsonSerializer.Deserialize(json, Type) ?? throw new JsonException("It is null.");
        }
        catch (Exception e)
        {
            throw new StateUnreadableException($"It cannot be read as {typeof(TState).Name}{((e as JsonException)?.Path is { } path ? " at " + path : "")}.", e);
        }
    }

    /// <returns>Null when it is larger than it may be.</returns>
    public byte[]? Write(TState? state)
    {
        if (state is null)
            throw new InvalidOperationException("The operation returned null as the new state.");
        var json = JsonSerializer.SerializeToUtf8Bytes(state, Type);
        return json.Length <= bytesMax ? json : null;
    }
}

/// <summary>The stored state is not what the code takes.</summary>
internal sealed class StateUnreadableException(string message, Exception innerException) : Exception(message, innerException);
