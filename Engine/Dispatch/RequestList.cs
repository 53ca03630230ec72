namespace Orleans.Dispatch;

/// <summary>A first-in, first-out list through the requests themselves, so that queueing allocates nothing.</summary>
internal struct RequestList
{
    public Request? First { get; private set; }
    public int Count { get; private set; }
    private Request? _last;

    public void Add(Request request)
    {
        request.Previous = _last;
        request.Next = null;
        if (_last is null)
            First = request;
        else
            _last.Next = request;
        _last = request;
        Count++;
    }

    public void Remove(Request request)
    {
        if (request.Previous is null)
            First = request.Next;
        else
            request.Previous.Next = request.Next;
        if (request.Next is null)
            _last = request.Previous;
        else
            request.Next.Previous = request.Previous;
        request.Next = request.Previous = null;
        Count--;
    }

    /// <summary>Takes all, oldest first, out of the list.</summary>
    public Request[] Drain()
    {
        var all = ToArray();
        foreach (var request in all)
            request.Next = request.Previous = null;
        this = default;
        return all;
    }

    public readonly Request[] ToArray()
    {
        if (Count == 0)
            return [];
        var all = new Request[Count];
        var next = First;
        for (var i = 0; i < all.Length; i++, next = next!.Next)
            all[i] = next!;
        return all;
    }
}
