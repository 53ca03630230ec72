namespace Hearth.Jobs;

/// <summary>
/// What happened last to a shard's jobs, for those who follow it: kept while somebody does, and for a minute after, so that who comes back misses nothing.
/// Positions only grow, also from one owner to the next: each begins with the time. Used from the shard's turns only.
/// </summary>
internal sealed class ShardTail
{
    /// <summary>Events that are kept: who is slower than that has a gap.</summary>
    public const int KeptMax = 2_000;

    private const int PageMax = 200;
    private static readonly long KeptFor = TimeSpan.FromMinutes(1).Ticks;

    private readonly Queue<TailEvent> kept = new();
    private TaskCompletionSource? next;
    private long last;
    private long askedAt;
    private int waiting;
    private bool isClosed;

    /// <summary>Whether anybody wants to know.</summary>
    public bool IsFollowed => last != 0;

    /// <summary>The events behind a position, as soon as there are some; at once where that is not known, or 0: from now on.</summary>
    /// <param name="after">The position.</param>
    /// <param name="now">In ticks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<TailPage> ReadAsync(long after, long now, CancellationToken cancellationToken)
    {
        askedAt = now;
        if (last == 0)
            last = now;
        if (after == last && !isClosed)
            await NextAsync(cancellationToken);
        return Page(after);
    }

    public void Add(TailEvent told)
    {
        kept.Enqueue(told);
        last++;
        if (kept.Count > KeptMax)
            kept.Dequeue();
    }

    /// <summary>What was added can be read; forgets all of it when nobody has asked for long.</summary>
    /// <param name="now">In ticks.</param>
    public void Tell(long now)
    {
        if (waiting == 0 && now - askedAt > KeptFor)
        {
            kept.Clear();
            last = 0;
            return;
        }

        next?.TrySetResult();
        next = null;
    }

    /// <summary>Nothing more will be told here: nobody waits any more.</summary>
    public void Close()
    {
        isClosed = true;
        next?.TrySetResult();
        next = null;
    }

    private async Task NextAsync(CancellationToken cancellationToken)
    {
        next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting++;
        try
        {
            await next.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            waiting--;
        }
    }

    private TailPage Page(long after)
    {
        var first = last - kept.Count;
        if (after == 0)
            return new TailPage(last, IsGap: false, []);
        var isGap = after < first || after > last;
        var from = isGap ? first : after;
        var some = kept.Skip((int)(from - first)).Take(PageMax).ToArray();
        return new TailPage(from + some.Length, isGap, some);
    }
}
