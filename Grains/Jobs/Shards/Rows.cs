namespace Hearth.Jobs;

/// <summary>Rows on their way into a write: a list that hands out its memory.</summary>
internal struct Rows<T>
{
    private T[]? items;

    public int Count { get; private set; }

    public readonly ReadOnlyMemory<T> Memory => items.AsMemory(0, Count);

    public void Add(in T row)
    {
        MakeRoom(1);
        items![Count++] = row;
    }

    public void Add(ReadOnlySpan<T> rows)
    {
        MakeRoom(rows.Length);
        rows.CopyTo(items.AsSpan(Count));
        Count += rows.Length;
    }

    /// <summary>So many will be added: better one array than one after the other, each twice the size.</summary>
    public void MakeRoom(int count)
    {
        if (items is null)
            items = new T[count];
        else if (Count + count > items.Length)
            Array.Resize(ref items, Math.Max(items.Length * 2, Count + count));
    }
}
