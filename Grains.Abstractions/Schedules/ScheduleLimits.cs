namespace Hearth.Schedules;

/// <summary>The bounds of schedules, in one place.</summary>
public static class ScheduleLimits
{
    /// <summary>Characters of a cron expression.</summary>
    public const int CronLengthMax = 200;

    /// <summary>Days of a calendar without ticks.</summary>
    public const int HolidaysMax = 1_000;

    /// <summary>Windows of a calendar.</summary>
    public const int WindowsMax = 50;

    /// <summary>Bytes of a schedule's input.</summary>
    public const int InputBytesMax = 256 << 10;

    /// <summary>Characters of a description and of the reason of a pause.</summary>
    public const int TextLengthMax = 500;

    /// <summary>Ticks that wait for the job before.</summary>
    public const int BufferedMax = 1_000;

    /// <summary>Ticks of one backfill.</summary>
    public const int BackfillMax = 1_000;

    /// <summary>Ticks of a preview.</summary>
    public const int PreviewMax = 1_000;

    /// <summary>Shortest time between ticks of an interval.</summary>
    public static readonly TimeSpan EveryMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest time between ticks of an interval.</summary>
    public static readonly TimeSpan EveryMax = TimeSpan.FromDays(366);

    /// <summary>Longest delay of a tick by chance.</summary>
    public static readonly TimeSpan JitterMax = TimeSpan.FromDays(1);

    /// <summary>How old a missed tick may be that is caught up.</summary>
    public static readonly TimeSpan CatchUpWindowMax = TimeSpan.FromDays(31);

    /// <summary>No tick is looked for after this.</summary>
    public static readonly DateTimeOffset Latest = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);
}
