using Hearth.Jobs;

namespace Hearth.Api.Jobs;

/// <summary>Reads <c>Idempotency-Key</c> (draft-ietf-httpapi-idempotency-key-header-07).</summary>
internal static class IdempotencyKey
{
    /// <returns>False when there is one that cannot be used.</returns>
    public static bool TryRead(HttpRequest request, ReadOnlySpan<JobSpec> jobs, out JobKey? key)
    {
        var isUsable = TryRead(request, out var text);
        key = text is null ? null : JobKey.Of(text, jobs);
        return isUsable;
    }

    /// <returns>False when there is one that cannot be used.</returns>
    public static bool TryRead(HttpRequest request, out string? key)
    {
        key = null;
        var header = request.Headers["Idempotency-Key"];
        if (header.Count == 0)
            return true;
        if (header is not [{ } text] || !JobKey.IsValid(text))
            return false;
        key = text;
        return true;
    }
}
