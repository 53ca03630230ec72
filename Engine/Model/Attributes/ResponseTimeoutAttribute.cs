using System.Globalization;

namespace Orleans;

/// <summary>How long a caller of this interface method waits, instead of <c>SiloMessagingOptions.ResponseTimeout</c>.</summary>
/// <param name="timeout">A <see cref="TimeSpan"/> as text, such as <c>00:00:05</c>.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ResponseTimeoutAttribute(string timeout) : Attribute
{
    /// <summary>The time; null for the silo's.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.Parse(timeout, CultureInfo.InvariantCulture);
}
