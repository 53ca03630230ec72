namespace Hearth.Jobs;

/// <summary>Whether and when a failed job is tried again.</summary>
internal static class Retries
{
    /// <summary>Longest wait, whatever a policy says.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromDays(30);

    /// <summary>Whether another try follows the one that failed now.</summary>
    /// <param name="policy">The policy that counts.</param>
    /// <param name="failures">Attempts that failed, this one included.</param>
    /// <param name="errorType">Short name of the error.</param>
    public static bool AreLeft(RetryPolicy policy, int failures, string? errorType) =>
        failures < policy.Attempts && !(errorType is not null && policy.NonRetryable?.Contains(errorType, StringComparer.Ordinal) == true);

    /// <summary>
    /// Wait before the next try: <c>min(initial * factor^(failures - 1), cap) * (1 - jitter * chance)</c>.
    /// </summary>
    /// <param name="policy">The policy that counts.</param>
    /// <param name="failures">Attempts that failed; 1 and up.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan Wait(RetryPolicy policy, int failures, double chance)
    {
        var initial = Math.Max(0, (policy.Initial ?? TimeSpan.FromSeconds(1)).TotalSeconds);
        var cap = Math.Min(policy.Cap?.TotalSeconds ?? initial * 100, WaitMax.TotalSeconds);
        // A factor may grow beyond all numbers, and nothing times that is no number.
        var wait = initial == 0 ? 0 : Math.Min(initial * Math.Pow(policy.Factor, failures - 1), cap);
        return TimeSpan.FromSeconds(Math.Clamp(wait * (1 - (policy.Jitter * chance)), 0, WaitMax.TotalSeconds));
    }
}
