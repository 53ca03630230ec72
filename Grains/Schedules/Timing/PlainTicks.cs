namespace Hearth.Schedules;

/// <summary>Ticks so far from each other, however clocks are set.</summary>
internal sealed class IntervalTicks(TimeSpan every, DateTime anchor) : ITicks
{
    public DateTime? Next(DateTime after)
    {
        var since = (after - anchor).Ticks;
        var number = Math.DivRem(since, every.Ticks, out var rest) + (rest < 0 ? 0 : 1);
        return anchor.AddTicks(number * every.Ticks);
    }
}

/// <summary>One tick.</summary>
internal sealed class OneTick(DateTime at) : ITicks
{
    public DateTime? Next(DateTime after) => at > after ? at : null;
}
