using System.Globalization;
using System.Security.Cryptography;

namespace Hearth.Jobs;

/// <summary>
/// Adds what a job asks for, as it was asked: a repeat has the same delay, whenever it comes. What is left out adds nothing, so that
/// options of later versions change no hash of today.
/// </summary>
internal static class JobOptionsHash
{
    public static void Add(IncrementalHash hash, JobOptions? asked)
    {
        var options = asked ?? JobOptions.Default;
        Add(hash, "lenient", options.Lenient ? "1" : null);
        Add(hash, "delay", options.Delay);
        Add(hash, "dueAt", options.DueAt);
        Add(hash, "expireAfter", options.ExpireAfter);
        Add(hash, "expiresAt", options.ExpiresAt);
        Add(hash, "priority", options.Priority == JobOptions.Default.Priority ? null : Text(options.Priority));
        Add(hash, "timeout", options.Timeout);
        Add(hash, options.Retry);
        AddAll(hash, "tag", options.Tags);
        Add(hash, "key", options.Key);
        Add(hash, options.Unique);
        // Ends the job: what follows belongs to the next.
        UniqueKey.Add(hash, "");
    }

    private static void Add(IncrementalHash hash, RetryPolicy? retry)
    {
        if (retry is null)
            return;
        Add(hash, "attempts", Text(retry.Attempts));
        Add(hash, "initial", retry.Initial);
        Add(hash, "factor", retry.Factor.ToString("R", CultureInfo.InvariantCulture));
        Add(hash, "cap", retry.Cap);
        Add(hash, "jitter", retry.Jitter.ToString("R", CultureInfo.InvariantCulture));
        AddAll(hash, "nonRetryable", retry.NonRetryable);
    }

    private static void Add(IncrementalHash hash, UniqueSpec? unique)
    {
        if (unique is null)
            return;
        UniqueKey.Add(hash, "unique");
        Add(hash, "unique.key", unique.Key);
        Add(hash, "unique.within", unique.Within);
        AddAll(hash, "unique.while", unique.While?.Select(state => state.ToString()));
        Add(hash, "unique.mode", unique.Mode is null or UniqueMode.Refuse ? null : unique.Mode.ToString());
        Add(hash, "unique.wait", unique.Wait);
        Add(hash, "unique.max", unique.Max);
    }

    private static void AddAll(IncrementalHash hash, string name, IEnumerable<string>? texts)
    {
        foreach (var text in texts ?? [])
            Add(hash, name, text);
    }

    private static void Add(IncrementalHash hash, string name, TimeSpan? time) => Add(hash, name, time is { } t ? Text(t.Ticks) : null);

    private static void Add(IncrementalHash hash, string name, DateTimeOffset? time) => Add(hash, name, time is { } t ? Text(t.UtcTicks) : null);

    private static void Add(IncrementalHash hash, string name, string? value)
    {
        if (value is null)
            return;
        UniqueKey.Add(hash, name);
        UniqueKey.Add(hash, value);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
