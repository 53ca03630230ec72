using System.Collections.Concurrent;
using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Queues;

/// <summary>
/// The definitions of all queues, as far as this silo knows them: those that code and configuration give, and above them those that are stored. It is
/// filled at start, after each change that a queue's grain tells of, and every few seconds, should a silo have missed one.
/// </summary>
internal sealed partial class QueueCatalogue(
    IGrainStateStore store, IReadOnlyDictionary<string, QueueDefinition> given, ILogger<QueueCatalogue> logger)
{
    private const int PageMax = 1_000;
    private const string Prefix = QueueGrain.TypeName + "/";

    private readonly ConcurrentDictionary<string, Known> stored = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private Task current = Task.CompletedTask;
    private Task? next;

    /// <summary>Raised after what is known of a queue has changed, with its name. Handlers return at once.</summary>
    public event Action<string>? Changed;

    /// <summary>Names of the queues that have something stored, or given by code and configuration.</summary>
    public IEnumerable<string> Queues => stored.Where(queue => queue.Value.State.Definition is not null).Select(queue => queue.Key).Union(given.Keys, StringComparer.Ordinal);

    /// <summary>The definition that counts. Asks nobody.</summary>
    public QueueDefinition Of(string queue) => stored.TryGetValue(queue, out var known) ? known.Definition : Given(queue);

    /// <summary>The queue's shards, oldest generation first; empty: one shard, of number 0.</summary>
    public IReadOnlyList<QueueGeneration> GenerationsOf(string queue) => stored.TryGetValue(queue, out var known) ? known.State.Generations : [];

    /// <summary>What code and configuration say.</summary>
    public QueueDefinition Given(string queue) => given.TryGetValue(queue, out var definition) ? definition : QueueDefinition.Default;

    /// <summary>The definition that counts when this is stored.</summary>
    public QueueDefinition Effective(string queue, QueueState state)
    {
        var definition = state.Definition ?? Given(queue);
        return state.Generations is [.., var takesNew] ? definition with { Pool = takesNew.Pool, Shards = takesNew.Count } : definition;
    }

    /// <summary>Completes when all that was stored before this call is known here. Calls share their work.</summary>
    public Task RefreshAsync()
    {
        lock (gate)
        {
            // One that is under way may have read already.
            if (current.IsCompleted)
                return current = LoadAsync();
            return next ??= AfterAsync(current);
        }
    }

    private async Task AfterAsync(Task before)
    {
        // Not in the lock of whoever called.
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        Task load;
        lock (gate)
            (load, next) = (current = LoadAsync(), null);
        await load;
    }

    private async Task LoadAsync()
    {
        // Its callers hold a lock, and what follows calls others.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? after = null;
        do
        {
            var heads = await store.ListAsync(QueueGrain.StateName, Prefix, after, PageMax, CancellationToken.None);
            foreach (var head in heads)
            {
                var queue = head.Grain[Prefix.Length..];
                seen.Add(queue);
                if (!stored.TryGetValue(queue, out var known) || known.ETag != head.ETag)
                    await ReadAsync(queue);
            }

            after = heads.Count == PageMax ? heads[^1].Grain : null;
        }
        while (after is not null);

        foreach (var gone in stored.Keys.Where(queue => !seen.Contains(queue)))
        {
            stored.TryRemove(gone, out _);
            Changed?.Invoke(gone);
        }
    }

    private async Task ReadAsync(string queue)
    {
        if (await store.ReadAsync(Prefix + queue, QueueGrain.StateName) is not { } row)
            return;
        try
        {
            var state = QueueState.Read(row.Payload);
            stored[queue] = new Known(state, Effective(queue, state), row.ETag);
        }
        catch (System.Text.Json.JsonException e)
        {
            LogUnreadable(logger, queue, e);
            return;
        }

        Changed?.Invoke(queue);
    }

    private sealed record Known(QueueState State, QueueDefinition Definition, string ETag);

    [LoggerMessage(LogLevel.Error, "The stored definition of queue '{Queue}' cannot be read; what was known before counts")]
    private static partial void LogUnreadable(ILogger logger, string queue, Exception error);
}
