namespace Hearth.Hosting;

/// <summary>How long ended jobs are kept: durations such as <c>12h</c>, <c>30d</c> or <c>P30D</c>, 1 minute to 3,650 days.</summary>
internal sealed class RetentionOptions
{
    /// <summary>Default 7 days.</summary>
    public string? Succeeded { get; set; }

    /// <summary>Default 30 days.</summary>
    public string? Failed { get; set; }

    /// <summary>Default 7 days.</summary>
    public string? Cancelled { get; set; }
}
