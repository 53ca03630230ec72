using System.Globalization;
using System.Text;

namespace Hearth.Storage.InMemory;

/// <summary>The reference: what <see cref="IGrainStateStore"/> means, in a dictionary under a lock. For tests; nothing outlives the object.</summary>
public sealed class InMemoryGrainStateStore(TimeProvider clock) : IGrainStateStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Grain, string Name), (GrainStateRow Row, DateTimeOffset At)> rows = [];
    private long written;

    public Task<GrainStateRow?> ReadAsync(string grain, string name)
    {
        lock (gate)
            return Task.FromResult(rows.TryGetValue((grain, name), out var found) ? found.Row : null);
    }

    public Task<string?> WriteAsync(string grain, string name, byte[] payload, string? expected)
    {
        lock (gate)
        {
            if (ETagOf(grain, name) != expected)
                return Task.FromResult<string?>(null);
            var etag = (++written).ToString(CultureInfo.InvariantCulture);
            rows[(grain, name)] = (new GrainStateRow([.. payload], etag), clock.GetUtcNow());
            return Task.FromResult<string?>(etag);
        }
    }

    public Task<bool> ClearAsync(string grain, string name, string? expected)
    {
        lock (gate)
            return Task.FromResult(expected is null || (ETagOf(grain, name) == expected && rows.Remove((grain, name))));
    }

    public Task<IReadOnlyList<GrainStateHead>> ListAsync(string name, string prefix, string? after, int limit, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult<IReadOnlyList<GrainStateHead>>(
            [
                .. rows.Where(row => row.Key.Name == name && row.Key.Grain.StartsWith(prefix, StringComparison.Ordinal))
                    .Where(row => after is null || string.CompareOrdinal(Bytes(row.Key.Grain), Bytes(after)) > 0)
                    .OrderBy(row => Bytes(row.Key.Grain), StringComparer.Ordinal).Take(limit)
                    .Select(row => new GrainStateHead(row.Key.Grain, row.Value.Row.Payload.Length, row.Value.At, row.Value.Row.ETag)),
            ]);
        }
    }

    private string? ETagOf(string grain, string name) => rows.TryGetValue((grain, name), out var found) ? found.Row.ETag : null;

    private static string Bytes(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));
}
