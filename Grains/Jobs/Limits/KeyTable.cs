namespace Hearth.Jobs;

/// <summary>The keys of a shard's open jobs. A job's key is kept whether or not its queue has limits now: they may come.</summary>
internal sealed class KeyTable
{
    private readonly Dictionary<string, KeyGroup> groups = new(StringComparer.Ordinal);

    public IEnumerable<KeyGroup> All => groups.Values;

    public int Count => groups.Count;

    /// <summary>There has been a key that may have to wait, whatever the limits say.</summary>
    public bool NeedsLines { get; private set; }

    /// <summary>A job with this key is open from now on.</summary>
    public KeyGroup Enter(string key)
    {
        if (!groups.TryGetValue(key, out var group))
            groups.Add(key, group = new KeyGroup(key));
        group.Open++;
        return group;
    }

    /// <summary>No two jobs of a key run at once, as long as any is open.</summary>
    public void SetAlone(KeyGroup group) => group.IsAlone = NeedsLines = true;

    /// <summary>None of its jobs starts before a time, in ticks.</summary>
    public void HoldBack(KeyGroup group, long now, long until)
    {
        NeedsLines = true;
        if (group.HeldUntil <= now)
            group.HeldSince = now;
        group.HeldUntil = Math.Max(group.HeldUntil, until);
    }

    /// <summary>It is not any more.</summary>
    public void Leave(KeyGroup group)
    {
        group.Open--;
        if (group is { Book: null, HeldUntil: 0 })
            Drop(group);
    }

    /// <summary>There are no limits any more, and so nothing that they have counted.</summary>
    public void Forget()
    {
        foreach (var group in groups.Values.ToList())
        {
            (group.Book, group.HeldUntil) = (null, 0);
            Drop(group);
        }
    }

    /// <summary>Nothing of it matters any more.</summary>
    public void Drop(KeyGroup group)
    {
        if (group is { Open: 0, Key: { } key })
            groups.Remove(key);
    }
}
