using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>Telling those who follow the queue what happens in it.</summary>
internal sealed partial class ShardGrain
{
    /// <summary>Characters of an error that followers are told.</summary>
    private const int ToldErrorMax = 500;

    private readonly ShardTail tail = new();

    public Task<TailPage> TailAsync(long after, CancellationToken cancellationToken) => tail.ReadAsync(after, store.Now.UtcTicks, cancellationToken);

    /// <summary>The rows of a batch are stored, and the memory does not know yet: it forgets what has ended.</summary>
    private void Tell(JournalBatch batch)
    {
        foreach (ref readonly var job in batch.Jobs.Memory.Span)
            tail.Add(new TailEvent(TailKind.Accepted, job.Id, job.Spec.Function, job.Id.At));
        foreach (ref readonly var row in batch.Attempts.Memory.Span)
        {
            if (row.Kind != AttemptKind.Started)
                tail.Add(Told(row));
        }

        foreach (ref readonly var end in batch.Ends.Memory.Span)
        {
            tail.Add(new TailEvent(
                TailKind.Ended, end.Id, memory.Find(end.Id)?.Queue.Function, end.EndedAt, end.Attempt, end.StartedAt, null, end.State, Short(end.Error), end.ErrorType));
        }

        tail.Tell(store.Now.UtcTicks);
    }

    private TailEvent Told(in JobAttemptRow row) => new(
        row.Kind == AttemptKind.Failed ? TailKind.AttemptFailed : row.RetryAt is null ? TailKind.AttemptReturned : TailKind.AttemptSnoozed,
        row.Id, memory.Find(row.Id)?.Queue.Function, row.At, row.Attempt, row.StartedAt, row.RetryAt, null, Short(row.Error), row.ErrorType);

    private static string? Short(string? error) => error is { Length: > ToldErrorMax } ? error[..ToldErrorMax] : error;
}
