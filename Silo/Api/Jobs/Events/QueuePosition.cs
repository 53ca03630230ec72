using System.Globalization;

namespace Hearth.Api.Jobs.Events;

/// <summary>How far a follower of a queue has come, which is an event's id: for each shard, <c>{number}-{position}</c>, separated by commas.</summary>
internal static class QueuePosition
{
    private const int LengthMax = 16_384;

    /// <returns>Null when it cannot be one.</returns>
    public static SortedDictionary<int, long>? Parse(string text)
    {
        var positions = new SortedDictionary<int, long>();
        if (text.Length is 0 or > LengthMax)
            return null;
        foreach (var part in text.Split(','))
        {
            if (part.Split('-') is not [var number, var position]
                || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
                || !long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
                || at == 0 || !positions.TryAdd(shard, at))
            {
                return null;
            }
        }

        return positions;
    }

    public static string Text(SortedDictionary<int, long> positions) =>
        string.Join(',', positions.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}-{p.Value}")));
}
