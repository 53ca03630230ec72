using System.Globalization;
using Hearth.Functions;

namespace Hearth.Jobs;

/// <summary>What a job may ask for; the same for every way in. Nothing here depends on the time, so that a repeat is judged like the first.</summary>
public static class JobRules
{
    /// <summary>Longest first wait and longest wait between two attempts.</summary>
    public static readonly TimeSpan RetryWaitMax = TimeSpan.FromDays(30);

    /// <summary>Attempts of a job.</summary>
    public const int AttemptsMax = 1_000;

    /// <summary>Names of errors that end a job at once.</summary>
    public const int NonRetryableMax = 50;

    /// <summary>Characters of such a name, of a job's key and of a unique key.</summary>
    public const int NameLengthMax = 255;

    /// <summary>The first thing that is wrong, or null.</summary>
    public static JobMistake? Check(JobSpec job)
    {
        if (!FunctionName.IsValid(job.Function))
            return new JobMistake("function", $"'{Shown(job.Function)}' cannot be a function: {FunctionName.Rule}.");
        if (job.Input.Length > JobSpec.InputBytesMax)
            return new JobMistake("input", Text($"The input has {job.Input.Length} bytes; a job takes at most {JobSpec.InputBytesMax}."));
        return job.Options is { } options ? Check(options) : null;
    }

    /// <summary>The first thing that is wrong, or null.</summary>
    public static JobMistake? Check(JobOptions options) =>
        CheckTimes(options)
        ?? Within("timeout", options.Timeout, FunctionOptions.TimeoutMax)
        ?? (options.Priority is < 1 or > 5 ? new JobMistake("priority", "priority must be 1 (first) to 5 (last); leave it out for 3.") : null)
        ?? (options.Key is { } key && !IsText(key, NameLengthMax)
            ? new JobMistake("key", Text($"key must be 1 to {NameLengthMax} characters, without control characters and without spaces around it; leave it out for the queue's."))
            : null)
        ?? CheckTags(options.Tags)
        ?? (options.Retry is { } retry ? Check(retry, "retry.") : null)
        ?? (options.Unique is { } unique ? Check(unique) ?? CheckMode(unique, options) : null);

    /// <summary>The first thing that is wrong, or null.</summary>
    /// <param name="retry">The policy.</param>
    /// <param name="prefix">Goes in front of the fields' names.</param>
    public static JobMistake? Check(RetryPolicy retry, string prefix = "")
    {
        if (retry.Attempts is < 1 or > AttemptsMax)
            return new JobMistake(prefix + "attempts", Text($"attempts must be 1 (no retry) to {AttemptsMax}, the first attempt included."));
        if (Within(prefix + "initial", retry.Initial, RetryWaitMax) is { } initial)
            return initial;
        if (!(retry.Factor is >= 1 and <= 10))
            return new JobMistake(prefix + "factor", "factor must be 1 (always the same wait) to 10.");
        if (Within(prefix + "cap", retry.Cap, RetryWaitMax) is { } cap)
            return cap;
        if (retry.Cap < (retry.Initial ?? TimeSpan.FromSeconds(1)))
            return new JobMistake(prefix + "cap", "cap must not be less than initial, which is 1s where it is left out.");
        if (!(retry.Jitter is >= 0 and <= 1))
            return new JobMistake(prefix + "jitter", "jitter is the share by which a wait may be shortened: 0 to 1.");
        return Check(prefix + "nonRetryable", retry.NonRetryable, NonRetryableMax, NameLengthMax, "names of error types such as TimeoutException");
    }

    /// <summary>Whether a tag, or part of a list of them, can be stored and looked for.</summary>
    public static bool IsText(string? text, int lengthMax) =>
        text is { Length: > 0 } && text.Length <= lengthMax && !text.Any(char.IsControl) && !char.IsWhiteSpace(text[0]) && !char.IsWhiteSpace(text[^1])
        && IsUnicode(text);

    private static JobMistake? CheckTimes(JobOptions options)
    {
        if (options is { Delay: not null, DueAt: not null })
            return new JobMistake("dueAt", "delay and dueAt say the same thing in two ways: keep one of them.");
        if (options is { ExpireAfter: not null, ExpiresAt: not null })
            return new JobMistake("expiresAt", "expireAfter and expiresAt say the same thing in two ways: keep one of them.");
        if (options.Delay is { } delay && (delay < TimeSpan.Zero || delay > JobLimits.DelayMax))
            return new JobMistake("delay", Text($"delay must be a duration of at most {JobLimits.DelayMax.TotalDays:0} days, not negative."));
        if (Within("expireAfter", options.ExpireAfter, JobLimits.DelayMax) is { } after)
            return after;
        if (options.ExpireAfter <= options.Delay)
            return new JobMistake("expireAfter", "expireAfter must be longer than delay, or the job would expire before it may start.");
        return options.ExpiresAt <= options.DueAt
            ? new JobMistake("expiresAt", "expiresAt must be after dueAt, or the job would expire before it may start.")
            : null;
    }

    private static JobMistake? CheckTags(IReadOnlyList<string>? tags) =>
        Check("tags", tags, JobLimits.TagsMax, JobLimits.TagLengthMax, "tags");

    private static JobMistake? Check(UniqueSpec unique)
    {
        if (unique.Key is { } key && !IsText(key, NameLengthMax))
            return new JobMistake("unique.key", Text($"unique.key must be 1 to {NameLengthMax} characters without control characters; leave it out to compare function and input."));
        if (Within("unique.within", unique.Within, JobLimits.UniqueWithinMax) is { } within)
            return within;
        if (unique.While is { } states && (states.Count == 0 || states.Distinct().Count() != states.Count || states.Any(s => !Enum.IsDefined(s))))
            return new JobMistake("unique.while", "unique.while must hold states, each once: scheduled, ready, running, retrying, succeeded, failed, cancelled.");
        return null;
    }

    private static JobMistake? CheckMode(UniqueSpec unique, JobOptions options)
    {
        var mode = unique.Mode ?? UniqueMode.Refuse;
        if (!Enum.IsDefined(mode))
            return new JobMistake("unique.mode", "unique.mode must be refuse, throttle, debounce or latest.");
        if (mode != UniqueMode.Refuse && unique.While is not null)
            return new JobMistake("unique.while", "unique.while says when a job is refused: leave it out, or the mode.");
        if (mode is UniqueMode.Debounce or UniqueMode.Latest && unique.Within is not null)
            return new JobMistake("unique.within", "unique.within goes with the modes refuse and throttle: leave it out.");
        if (mode != UniqueMode.Debounce)
        {
            return unique.Wait is null && unique.Max is null
                ? null
                : new JobMistake(unique.Wait is null ? "unique.max" : "unique.wait", "unique.wait and unique.max go with the mode debounce: leave them out.");
        }

        if (unique.Wait is null)
            return new JobMistake("unique.wait", "unique.wait is missing: say how long it has to be quiet, such as 30s.");
        if (options.Delay is not null || options.DueAt is not null)
            return new JobMistake("unique.wait", "unique.wait says when the job starts: leave out delay and dueAt.");
        return Within("unique.wait", unique.Wait, JobLimits.UniqueWithinMax) ?? Within("unique.max", unique.Max, JobLimits.UniqueWithinMax)
            ?? (unique.Max < unique.Wait ? new JobMistake("unique.max", "unique.max must not be less than unique.wait.") : null);
    }

    private static JobMistake? Check(string field, IReadOnlyList<string>? texts, int countMax, int lengthMax, string what)
    {
        if (texts is null)
            return null;
        if (texts.Count > countMax)
            return new JobMistake(field, Text($"{field} has {texts.Count} entries; at most {countMax} {what} are taken."));
        for (var i = 0; i < texts.Count; i++)
        {
            if (!IsText(texts[i], lengthMax))
                return new JobMistake(Text($"{field}[{i}]"), Text($"{field} must hold {what} of 1 to {lengthMax} characters, without control characters and without spaces around them."));
            for (var j = 0; j < i; j++)
            {
                if (texts[i] == texts[j])
                    return new JobMistake(Text($"{field}[{i}]"), $"'{Shown(texts[i])}' is there twice: keep one of them.");
            }
        }

        return null;
    }

    private static JobMistake? Within(string field, TimeSpan? time, TimeSpan max) => time is null || (time > TimeSpan.Zero && time <= max)
        ? null
        : new JobMistake(field, Text($"{field} must be above zero and at most {(max.TotalDays > 1 ? $"{max.TotalDays:0} days" : $"{max.TotalHours:0} hours")}."));

    /// <summary>A lone surrogate cannot be written as UTF-8.</summary>
    private static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }

        return true;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Shown(string? text) => text is { Length: > 80 } ? text[..80] + "…" : text ?? "";
}
