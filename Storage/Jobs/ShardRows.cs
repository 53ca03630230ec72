using Hearth.Jobs;

namespace Hearth.Storage;

/// <summary>A shard.</summary>
/// <param name="Number">What its jobs' ids carry; 1 and up, never used again.</param>
/// <param name="Key"><c>{pool}/{queue}/{n}</c>.</param>
/// <param name="Epoch">Fencing number of the current owner; only grows.</param>
/// <param name="Owner">The owner's name; null after a clean end.</param>
public sealed record ShardRow(int Number, string Key, long Epoch, string? Owner);

/// <summary>What a new owner gets.</summary>
/// <param name="Number">The shard's number.</param>
/// <param name="Key">Its key.</param>
/// <param name="Epoch">The new owner's epoch.</param>
/// <param name="WasClean">The former owner, if there was one, has ended cleanly.</param>
/// <param name="LastId">The highest id that any owner of the shard has stored; default when there is none.</param>
/// <param name="InboxPosition">Where the last checkpoint has read the inbox up to; 0 without one.</param>
public sealed record ShardClaim(int Number, string Key, long Epoch, bool WasClean, JobId LastId, long InboxPosition);

/// <summary>The jobs of a shard that were open at one moment.</summary>
/// <param name="Shard">The shard's number.</param>
/// <param name="Epoch">The owner's epoch.</param>
/// <param name="UpTo">All jobs of the shard up to this id that are not in <paramref name="Open"/> have ended, those of the inbox from
/// <paramref name="InboxPosition"/> on aside.</param>
/// <param name="Open">Ids, ascending; their order is that of bytes.</param>
/// <param name="InboxPosition">Where the inbox was read up to.</param>
public sealed record ShardCheckpoint(int Shard, long Epoch, JobId UpTo, ReadOnlyMemory<JobId> Open, long InboxPosition);

/// <summary>A job that has no end yet, without its payload.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Function">What it runs; the same text object for the same name.</param>
/// <param name="Priority">1 to 5.</param>
/// <param name="DueAt">Not to start before; after an attempt that failed or was snoozed the time of the next.</param>
/// <param name="ExpiresAt">When it ends as cancelled, should no attempt have started.</param>
/// <param name="Attempt">Highest number of an attempt in its rows; 0 without any.</param>
/// <param name="Failures">Attempts that failed.</param>
/// <param name="Crashes">Attempts with a started mark and nothing after it: silos that died with it.</param>
/// <param name="IsSnoozed">The last attempt that set <paramref name="DueAt"/> was snoozed.</param>
/// <param name="Key">What limits per key and fairness go by; null: none.</param>
/// <param name="IsAlone">No two jobs of that key run at once.</param>
public readonly record struct OpenJob(
    JobId Id, string Function, byte Priority, DateTimeOffset? DueAt, DateTimeOffset? ExpiresAt, int Attempt, int Failures, int Crashes,
    bool IsSnoozed = false, string? Key = null, bool IsAlone = false);
