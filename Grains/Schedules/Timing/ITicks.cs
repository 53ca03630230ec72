namespace Hearth.Schedules;

/// <summary>When something ticks, in UTC.</summary>
internal interface ITicks
{
    /// <summary>The first tick after a time; null when there is none any more.</summary>
    DateTime? Next(DateTime after);
}
