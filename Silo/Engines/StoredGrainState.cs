using System.Text.Json;
using Hearth.Functions.Payloads;
using Hearth.Storage;
using Orleans.Runtime;
using Orleans.Storage;

namespace Hearth.Engines;

/// <summary>Grain state as JSON in <see cref="IGrainStateStore"/>, guarded by its etag.</summary>
internal sealed class StoredGrainState(IGrainStateStore store) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var row = await store.ReadAsync(grainId.ToString(), stateName);
        grainState.RecordExists = row is not null;
        grainState.ETag = row?.ETag;
        grainState.State = row is null ? Activator.CreateInstance<T>() : JsonSerializer.Deserialize<T>(row.Payload, HearthJson.Strict)!;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(grainState.State, HearthJson.Strict);
        grainState.ETag = await store.WriteAsync(grainId.ToString(), stateName, payload, grainState.ETag)
            ?? throw Conflict(grainId, stateName, grainState.ETag);
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (!await store.ClearAsync(grainId.ToString(), stateName, grainState.ETag))
            throw Conflict(grainId, stateName, grainState.ETag);
        grainState.ETag = null;
        grainState.RecordExists = false;
        grainState.State = Activator.CreateInstance<T>();
    }

    private static InconsistentStateException Conflict(GrainId grain, string name, string? etag) =>
        new($"The state '{name}' of {grain} was written by another activation.", storedEtag: "another", currentEtag: etag);
}
