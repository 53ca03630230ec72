using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Hearth.Tests.Support.Faults;

/// <summary>What a test sees of the cluster from outside: its tables and what ran.</summary>
internal sealed partial class FaultedCluster
{
    private static readonly TimeSpan DeathMax = TimeSpan.FromSeconds(30);

    /// <summary>The last silo under the name.</summary>
    public async Task<(string Id, bool IsDead)> RowAsync(string name) => (await Store.ReadAsync(
        $"SELECT id, was_declared_dead FROM {EngineTables.Silos} WHERE name = '{name}' ORDER BY started_at DESC LIMIT 1",
        row => (row.GetString(0), row.GetBoolean(1)))).Single();

    /// <summary>What a silo is for the others: <c>active</c> or <c>draining</c>; null when it is not there for whoever answered.</summary>
    public async Task<string?> StatusAsync(string name)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/v1/silos/" + name);
        return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString() : null;
    }

    /// <summary>How many silos were ever declared dead.</summary>
    public async Task<long> DeclaredAsync() =>
        (await Store.ReadAsync($"SELECT count(*) FROM {EngineTables.Silos} WHERE was_declared_dead", row => row.GetInt64(0))).Single();

    /// <summary>Waits until the others have declared it dead.</summary>
    public Task<TimeSpan> DeadAsync(string name) => UntilAsync(async () => (await RowAsync(name)).IsDead, $"{name} is declared dead", DeathMax);

    /// <summary>
    /// The jobs that a silo had in its hands when it was hit: begun, and without an end in the store. To be asked right after the hit.
    /// </summary>
    public async Task<IReadOnlyCollection<string>> InHandAsync(params IReadOnlyList<string> names)
    {
        var silos = names.Select(name => members[name].Tag).ToHashSet(StringComparer.Ordinal);
        var began = Effects().Where(run => silos.Contains(run.Silo)).Select(run => run.Job).ToHashSet(StringComparer.Ordinal);
        began.ExceptWith(await Store.ReadAsync("SELECT id FROM hearth.job_end", row => row.GetGuid(0).ToString("N")));
        return began;
    }

    /// <summary>Runs that a silo began after a moment, of <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public IReadOnlyList<Effect> BegunBy(string name, long after) =>
        [.. Effects().Where(run => run.Silo == members[name].Tag && run.Start > after)];

    /// <summary>The first jobs that ran more than once, each with its runs in order; times in ms since the first run of all.</summary>
    public string RunTwice()
    {
        var all = Effects();
        var twice = all.GroupBy(run => run.Job, StringComparer.Ordinal).Where(runs => runs.Skip(1).Any()).Take(20);
        return string.Join(Environment.NewLine, twice.Select(runs => runs.Key + ": " + string.Join(", ", runs.Select(run => string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Silo} attempt {run.Attempt} epoch {run.Epoch} at {Milliseconds(run.Start)} to {(run.End is { } end ? Milliseconds(end) : "?")}")))))
            + Environment.NewLine + Outputs();

        string Milliseconds(long at) => Stopwatch.GetElapsedTime(all[0].Start, at).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until a silo runs something.</summary>
    public Task RunsAsync(string name) => UntilAsync(
        () => Task.FromResult(Effects().Any(run => run.Silo == members[name].Tag && run.End is null)), $"{name} runs a job", DeathMax);

    /// <summary>Notes whose shards are whose, before a silo is hit.</summary>
    public async Task<Takeover> WatchAsync(string name)
    {
        var (id, _) = await RowAsync(name);
        return new Takeover(this, id, await Store.ReadAsync(
            $"SELECT id, epoch FROM hearth.shard WHERE owner = '{id}'", row => (row.GetInt32(0), row.GetInt64(1))));
    }

    /// <summary>A silo's shards on their way to others.</summary>
    internal sealed class Takeover(FaultedCluster cluster, string silo, IReadOnlyList<(int Shard, long Epoch)> owned)
    {
        private readonly long hit = Stopwatch.GetTimestamp();
        private TimeSpan declared;

        /// <summary>Waits until the silo is declared dead and a job of one of its shards has begun under another owner.</summary>
        /// <returns>For the test's output.</returns>
        public async Task<string> DoneAsync()
        {
            await cluster.UntilAsync(
                async () => (await cluster.Store.ReadAsync($"SELECT count(*) FROM {EngineTables.Silos} WHERE id = '{silo}' AND was_declared_dead", row => row.GetInt64(0))).Single() == 1,
                silo + " is declared dead", DeathMax);
            declared = Stopwatch.GetElapsedTime(hit);
            var began = default(TimeSpan?);
            await cluster.UntilAsync(async () => (began = await BeganAsync()) is not null, "a job of its shards begins", DeathMax);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"declared dead after {declared.TotalSeconds:0.00} s; first new start in one of its {owned.Count} shards after {began!.Value.TotalSeconds:0.00} s");
        }

        /// <summary>Waits until others own its shards, though no job of them may have begun.</summary>
        public Task OwnedAnewAsync() => cluster.UntilAsync(
            async () => (await cluster.Store.ReadAsync("SELECT id, epoch FROM hearth.shard", row => (row.GetInt32(0), row.GetInt64(1)))).ToDictionary() is var now
                && owned.All(o => now[o.Shard] > o.Epoch),
            "others own its shards", DeathMax);

        private async Task<TimeSpan?> BeganAsync()
        {
            var epochs = owned.ToDictionary(o => o.Shard, o => o.Epoch);
            var shards = (await cluster.Store.ReadAsync(
                $"SELECT id, shard FROM hearth.job WHERE shard = ANY ('{{{string.Join(',', epochs.Keys)}}}')", row => (Job: row.GetGuid(0).ToString("N"), Shard: row.GetInt32(1))))
                .ToDictionary(j => j.Job, j => j.Shard, StringComparer.Ordinal);
            var first = cluster.Effects().FirstOrDefault(
                run => run.Start > hit && shards.TryGetValue(run.Job, out var shard) && run.Epoch > epochs[shard]);
            return first is null ? null : Stopwatch.GetElapsedTime(hit, first.Start);
        }
    }
}
