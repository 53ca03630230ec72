using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Queues;
using Microsoft.Net.Http.Headers;

namespace Hearth.Api.Jobs.Queues;

/// <summary>Reads <c>If-Match</c> and <c>If-None-Match</c> (RFC 9110 §13.1) of a change, and writes <c>ETag</c>.</summary>
internal static class Conditions
{
    /// <exception cref="JobRejectedException">They cannot be read.</exception>
    public static QueueCondition Of(HttpRequest request)
    {
        var (match, none) = (request.Headers.IfMatch, request.Headers.IfNoneMatch);
        if (none.Count > 0 && none is not ["*"])
            throw new JobRejectedException(Problems.Malformed("If-None-Match must be *: only if no definition is stored."));
        if (match.Count > 0 && none.Count > 0)
            throw new JobRejectedException(Problems.Malformed("If-Match and If-None-Match exclude each other: send one of them."));
        if (none.Count > 0)
            return new QueueCondition(Exists: false);
        if (match.Count == 0)
            return QueueCondition.None;
        if (match is ["*"])
            return new QueueCondition(Exists: true);
        if (!EntityTagHeaderValue.TryParseList(match, out var tags))
            throw new JobRejectedException(Problems.Malformed("If-Match must be *, or the ETag that was answered, with its quotation marks."));
        // A weak one matches nothing where a strong comparison is asked for.
        return new QueueCondition([.. tags.Where(tag => !tag.IsWeak).Select(tag => HeaderUtilities.RemoveQuotes(tag.Tag).ToString())]);
    }

    public static void Show(HttpResponse response, string etag) => response.Headers.ETag = $"\"{etag}\"";
}
