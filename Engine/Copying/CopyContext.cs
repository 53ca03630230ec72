namespace Orleans.Copying;

/// <summary>What has been copied already within one value, so that shared objects stay shared and cycles end.</summary>
internal sealed class CopyContext
{
    // Most values hold one object that needs remembering, their root.
    private object? _first, _firstCopy;
    private Dictionary<object, object>? _rest;

    public void Add(object original, object copy)
    {
        if (_first is null)
            (_first, _firstCopy) = (original, copy);
        else
            (_rest ??= new(ReferenceEqualityComparer.Instance)).Add(original, copy);
    }

    public object? Find(object original) =>
        ReferenceEquals(_first, original) ? _firstCopy : _rest?.GetValueOrDefault(original);
}
