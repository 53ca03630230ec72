namespace Hearth.Jobs;

/// <summary>Whether the store takes what this silo's shards write, for those who ask whether the silo is of use.</summary>
internal sealed class StoreWatch(TimeProvider clock)
{
    /// <summary>A failure that no other write followed says nothing for longer than this: where nobody submits any more, nobody would ever know.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(10);

    private volatile Failure? last;

    /// <summary>Why the last write failed; null when it did not, or when that is long ago.</summary>
    public string? Trouble => last is { } failure && clock.GetElapsedTime(failure.At) < KeptFor ? failure.Why : null;

    public void Failed(Exception error) => last = new Failure(error.Message, clock.GetTimestamp());

    public void Written()
    {
        if (last is not null)
            last = null;
    }

    private sealed record Failure(string Why, long At);
}
