using System.Text.Json;

namespace Hearth.Client;

/// <summary>A queue. Counts are null while no silo of its pool is there to tell them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pool">The pool whose silos run its jobs.</param>
/// <param name="Shards">How many shards share its jobs.</param>
/// <param name="Scheduled">Jobs that are not to start before their time.</param>
/// <param name="Ready">Jobs that wait to run.</param>
/// <param name="Running">Jobs that run.</param>
/// <param name="Retrying">Jobs that wait for their next attempt.</param>
/// <param name="Open">All of these.</param>
/// <param name="OpenMax">Open jobs above which submissions are refused.</param>
/// <param name="Paused">No attempt starts; submissions are taken.</param>
/// <param name="Definition">What is special about it, as the API shows it (docs/reference/queues.md).</param>
/// <param name="ETag">Of the definition: a change can depend on it. Null in lists.</param>
/// <param name="BackOff">Jobs that wait because runs have asked for it; null: none.</param>
/// <param name="Breaker">The circuit breaker; null: there is none, or no shard that can tell.</param>
public sealed record QueueInfo(
    string Name, string Pool, int Shards, int? Scheduled, int? Ready, int? Running, int? Retrying, int? Open, int OpenMax, bool Paused = false,
    JsonElement? Definition = null, string? ETag = null, BackOffInfo? BackOff = null, BreakerInfo? Breaker = null);

/// <summary>Jobs that wait because runs have asked for it.</summary>
/// <param name="Until">No job of the queue starts before; null: only keys wait.</param>
/// <param name="Since">Since when.</param>
/// <param name="Keys">Keys whose jobs wait, the longest first; at most 20.</param>
/// <param name="KeysHeld">How many such keys there are.</param>
public sealed record BackOffInfo(DateTimeOffset? Until, DateTimeOffset? Since, IReadOnlyList<HeldKey> Keys, int KeysHeld);

/// <summary>A key whose jobs wait.</summary>
/// <param name="Key">Null: that of jobs without one.</param>
/// <param name="Until">None of them starts before.</param>
/// <param name="Since">Since when.</param>
public sealed record HeldKey(string? Key, DateTimeOffset Until, DateTimeOffset Since);

/// <summary>A queue's circuit breaker. Each shard has one of its own: the worst state counts.</summary>
/// <param name="State"><c>closed</c>, <c>open</c> (nothing starts) or <c>halfOpen</c> (probes start).</param>
/// <param name="Since">Since when.</param>
/// <param name="Failures">Attempts that failed and count; null: a former owner of the shard has counted.</param>
/// <param name="NextProbe">While it is open: when the next attempt may start.</param>
/// <param name="Probes">Probes that run.</param>
/// <param name="OpenShards">How many shards' breakers are not closed.</param>
public sealed record BreakerInfo(string State, DateTimeOffset Since, int? Failures, DateTimeOffset? NextProbe, int Probes, int OpenShards);

/// <summary>A silo.</summary>
/// <param name="Name">Its name; unique among those that live.</param>
/// <param name="Id">Unique to this start of it.</param>
/// <param name="Status"><c>active</c>, or <c>draining</c>: it takes no new work.</param>
/// <param name="Pools">The pools whose work it takes.</param>
/// <param name="Roles"><c>frontend</c>, <c>worker</c>.</param>
/// <param name="Load">How busy it is.</param>
/// <param name="Http">Where it serves HTTP; null when it does not.</param>
/// <param name="Version">Of Hearth.</param>
/// <param name="StartedAt">When it joined.</param>
/// <param name="RenewedAt">Its last heartbeat.</param>
/// <param name="IsSelf">Whether it is the one that answers.</param>
public sealed record SiloInfo(
    string Name, string Id, string Status, IReadOnlyList<string> Pools, IReadOnlyList<string> Roles, LoadInfo Load, string? Http, string Version,
    DateTimeOffset StartedAt, DateTimeOffset RenewedAt, bool IsSelf);

/// <summary>How busy a silo is.</summary>
/// <param name="Running">Calls and attempts under way.</param>
/// <param name="Waiting">Calls that wait for a slot.</param>
public sealed record LoadInfo(int Running, int Waiting);

/// <summary>Whether a silo can serve.</summary>
/// <param name="Status"><c>ready</c>, <c>degraded</c>: it serves, and the reasons say what is wrong; or <c>unready</c>.</param>
/// <param name="Reasons">Why it is not simply ready.</param>
public sealed record HealthInfo(string Status, IReadOnlyList<string> Reasons)
{
    /// <summary>Whether calls and jobs can be served.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool CanServe => Status is "ready" or "degraded";
}

/// <summary>An object that has a state.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Bytes">Length of the state's JSON.</param>
/// <param name="UpdatedAt">When it was stored last.</param>
public sealed record StateInfo(string Key, long Bytes, DateTimeOffset UpdatedAt);
