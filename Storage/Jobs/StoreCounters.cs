namespace Hearth.Storage;

/// <summary>What a store has done since it was opened.</summary>
/// <param name="Commits">Transactions committed, or round trips that commit.</param>
/// <param name="Statements">Statements run in them.</param>
/// <param name="Rows">Rows written.</param>
/// <param name="Bytes">Bytes of payloads written.</param>
public sealed record StoreCounters(long Commits, long Statements, long Rows, long Bytes);
