namespace Hearth.Client.Http;

/// <summary>Puts pages of errors together: the same error on two pages is one.</summary>
internal sealed class ErrorPages
{
    /// <summary>Pages that are asked for.</summary>
    public const int PagesMax = 20;

    private const int SamplesMax = 3;

    private readonly Dictionary<(string, string?, string), ErrorGroup> groups = [];

    public void Add(IEnumerable<ErrorGroup> page)
    {
        foreach (var group in page)
        {
            var key = (group.Function, group.ErrorType, group.Message);
            groups[key] = groups.TryGetValue(key, out var known) ? Merge(known, group) : group;
        }
    }

    public QueueErrors ToErrors(string queue, bool isCut) => new(
        queue, [.. groups.Values.OrderByDescending(g => g.Failed + g.Retrying).ThenByDescending(g => g.LastAt)], isCut);

    private static ErrorGroup Merge(ErrorGroup newer, ErrorGroup older) => newer with
    {
        Failed = newer.Failed + older.Failed,
        Retrying = newer.Retrying + older.Retrying,
        FirstAt = newer.FirstAt < older.FirstAt ? newer.FirstAt : older.FirstAt ?? newer.FirstAt,
        LastAt = newer.LastAt > older.LastAt ? newer.LastAt : older.LastAt ?? newer.LastAt,
        Jobs = [.. newer.Jobs.Concat(older.Jobs).Take(SamplesMax)],
    };
}
