namespace Hearth.Jobs;

/// <summary>An idempotency key: for 24 h the same key and body mean the same job.</summary>
/// <param name="Hash">SHA-256 of the key, in hexadecimal.</param>
/// <param name="BodyHash">SHA-256 of all that makes the job: function, media type, parameters, input.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobKey([property: Id(0)] string Hash, [property: Id(1)] string BodyHash)
{
    /// <summary>How long a key is remembered.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);
}

/// <summary>What became of a submission.</summary>
/// <param name="Id">The job: the new one, or the one that had the key.</param>
/// <param name="IsRepeat">The key was known: nothing was stored.</param>
/// <param name="IsOtherBody">The key was known with another body: the submission is refused.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobSubmitted([property: Id(0)] JobId Id, [property: Id(1)] bool IsRepeat = false, [property: Id(2)] bool IsOtherBody = false);
