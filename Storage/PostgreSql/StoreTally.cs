namespace Hearth.Storage.PostgreSql;

/// <summary>Counts for <see cref="StoreCounters"/>, by any thread.</summary>
internal sealed class StoreTally
{
    private long commits;
    private long statements;
    private long rows;
    private long bytes;

    public StoreCounters Read() =>
        new(Interlocked.Read(ref commits), Interlocked.Read(ref statements), Interlocked.Read(ref rows), Interlocked.Read(ref bytes));

    /// <summary>One batch was committed, in one round trip.</summary>
    public void Committed(int statementCount, int rowCount, long byteCount)
    {
        Interlocked.Increment(ref commits);
        Interlocked.Add(ref statements, statementCount);
        Interlocked.Add(ref rows, rowCount);
        Interlocked.Add(ref bytes, byteCount);
    }
}
