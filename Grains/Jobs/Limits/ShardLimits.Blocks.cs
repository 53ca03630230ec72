namespace Hearth.Jobs;

/// <summary>Blocks of permits on their way to the store and back.</summary>
internal sealed partial class ShardLimits
{
    private static readonly long StoreAgain = TimeSpan.FromSeconds(1).Ticks;

    private readonly Dictionary<Guid, (RatePermits Permits, KeyGroup? Group)> coming;
    private readonly List<(long At, int Count)> rows = [];

    /// <summary>A row is stored; one that gives back needs nothing more.</summary>
    public void Stored(Guid scope, int count)
    {
        if (count < 0 || !coming.Remove(scope, out var block))
            return;
        block.Permits.Stored();
        if (block.Group is { IsParked: true } group)
            Recheck(group, Now);
        else if (block.Group is null)
            Freed();
    }

    /// <summary>A row is not stored: what it was to bring is asked for again a little later.</summary>
    public void NotStored(Guid scope, int count)
    {
        if (count < 0 || !coming.Remove(scope, out var block))
            return;
        block.Permits.NotStored();
        if (block.Group is { } group)
            Schedule(group, Now + StoreAgain);
        else
            HoldUntil(Now + StoreAgain);
    }

    /// <summary>Nothing starts any more. What a successor has to know is stored, so that it need not doubt what was started.</summary>
    public void Close()
    {
        var now = Now;
        foreach (var known in Groups.Select(group => group.Book).Append(book).OfType<PermitBook>())
        {
            foreach (var permits in known.All)
            {
                permits.Close(now, rows);
                Store(permits);
            }
        }
    }

    /// <summary>How many rows <see cref="Close"/> stores, about.</summary>
    public int Books => keys.All.Count(group => group.Book is not null);

    private void TakeBlocks(PermitBook from, KeyGroup? group, long now)
    {
        foreach (var permits in from.All)
        {
            if (permits.TryTakeBlock(now, rows))
                coming[permits.Scope] = (permits, group);
            Store(permits);
        }
    }

    private void Store(RatePermits permits)
    {
        foreach (var (at, count) in rows)
            host.Store(permits.Scope, at, count, at + permits.Rate.Horizon);
        rows.Clear();
    }
}
