namespace Hearth.Storage.PostgreSql.Writing;

/// <summary>A write and who waits for it.</summary>
internal sealed class PendingWrite
{
    private readonly TaskCompletionSource<WriteOutcome> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PendingWrite(ShardWrite write)
    {
        Write = write;
        Rows = write.Jobs.Length + write.Keys.Length + write.Ends.Length + write.Attempts.Length + write.Notes.Length + write.Leases.Length
            + write.Posts.Length + write.Permits.Length;
        Bytes = 64L * Rows;
        foreach (ref readonly var job in write.Jobs.Span)
            Bytes += job.Spec.Input.Length;
        foreach (ref readonly var end in write.Ends.Span)
            Bytes += end.Result.Length;
        foreach (ref readonly var post in write.Posts.Span)
            Bytes += post.Spec.Input.Length;
    }

    public ShardWrite Write { get; }

    public int Rows { get; }

    /// <summary>About what it takes.</summary>
    public long Bytes { get; }

    public Task<WriteOutcome> Task => done.Task;

    public void Complete(WriteOutcome outcome) => done.TrySetResult(outcome);

    public void Fail(Exception error) => done.TrySetException(error);
}
