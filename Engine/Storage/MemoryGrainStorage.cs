using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>State that lives as long as the process, as JSON, so that what is stored never aliases what a grain holds.</summary>
internal sealed class MemoryGrainStorage : IGrainStorage
{
    private static readonly JsonSerializerOptions s_json = new() { IncludeFields = true };

    private readonly ConcurrentDictionary<(string State, GrainId Grain), Record> _records = new();
    private long _version;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_records.TryGetValue((stateName, grainId), out var record))
            (grainState.State, grainState.ETag, grainState.RecordExists) =
                (JsonSerializer.Deserialize<T>(record.Json, s_json), record.ETag, true);
        else
            (grainState.ETag, grainState.RecordExists) = (null, false);
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var etag = Interlocked.Increment(ref _version).ToString(CultureInfo.InvariantCulture);
        var next = new Record(etag, JsonSerializer.SerializeToUtf8Bytes(grainState.State, s_json));
        var key = (stateName, grainId);
        var written = grainState.ETag is null
            ? _records.TryAdd(key, next)
            : Held(key, grainState.ETag) is { } held && _records.TryUpdate(key, next, held);
        if (!written)
            return Task.FromException(Conflict(key, grainState.ETag));
        (grainState.ETag, grainState.RecordExists) = (etag, true);
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = (stateName, grainId);
        var cleared = grainState.ETag is null
            ? !_records.ContainsKey(key)
            : Held(key, grainState.ETag) is { } held && _records.TryRemove(new(key, held));
        if (!cleared)
            return Task.FromException(Conflict(key, grainState.ETag));
        (grainState.ETag, grainState.RecordExists) = (null, false);
        return Task.CompletedTask;
    }

    private Record? Held((string, GrainId) key, string etag) =>
        _records.TryGetValue(key, out var record) && record.ETag == etag ? record : null;

    private InconsistentStateException Conflict((string State, GrainId Grain) key, string? etag)
    {
        var stored = _records.TryGetValue(key, out var record) ? record.ETag : null;
        return new($"State '{key.State}' of grain {key.Grain} was changed by somebody else: the store has version " +
            $"{stored ?? "none"}, the grain has {etag ?? "none"}.", stored, etag);
    }

    private sealed record Record(string ETag, byte[] Json);
}
