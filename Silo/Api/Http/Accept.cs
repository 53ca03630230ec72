using Hearth.Functions.Payloads;
using Microsoft.Net.Http.Headers;

namespace Hearth.Api.Http;

/// <summary>Chooses the notation of an answer by <c>Accept</c> (RFC 9110 §12.5.1).</summary>
internal static class Accept
{
    /// <summary>The first of <paramref name="offered"/> with the highest quality, or null when none is acceptable.</summary>
    public static string? Choose(HttpRequest request, IReadOnlyList<string> offered)
    {
        var header = request.Headers.Accept;
        if (header.Count == 0 || (header.Count == 1 && header[0] is "*/*" or ""))
            return offered[0];
        if (!MediaTypeHeaderValue.TryParseList(header, out var ranges))
            return offered[0];
        string? best = null;
        var bestQuality = 0.0;
        foreach (var type in offered)
        {
            var quality = QualityOf(ranges, type);
            if (quality > bestQuality)
                (best, bestQuality) = (type, quality);
        }

        return best;
    }

    /// <summary>Whether a document of Hearth's own, or a problem, goes out as XML; JSON for those who take neither.</summary>
    public static bool PrefersXml(HttpRequest request) =>
        Choose(request, [MediaTypes.Json, MediaTypes.ProblemJson, MediaTypes.Xml, MediaTypes.ProblemXml]) is MediaTypes.Xml or MediaTypes.ProblemXml;

    /// <summary>The media type without its parameters, in lower case; empty when there is none.</summary>
    public static string MediaTypeOf(string? contentType)
    {
        if (string.IsNullOrEmpty(contentType))
            return "";
        if (contentType == MediaTypes.Json)
            return MediaTypes.Json;
        return MediaTypeHeaderValue.TryParse(contentType, out var parsed) ? Normalise(parsed.MediaType.ToString()) : contentType;
    }

    /// <summary>Whether the body is said to be in another encoding than UTF-8.</summary>
    public static bool HasOtherCharset(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var parsed) && parsed.Charset.Length > 0
        && !HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)
        && !HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("us-ascii", StringComparison.OrdinalIgnoreCase);

    private static string Normalise(string type)
    {
        var lower = type.ToLowerInvariant();
        return lower == "text/xml" ? MediaTypes.Xml : lower;
    }

    /// <summary>The most specific range that covers the type decides.</summary>
    private static double QualityOf(IList<MediaTypeHeaderValue> ranges, string type)
    {
        var (quality, specificity) = (0.0, -1);
        foreach (var range in ranges)
        {
            var name = Normalise(range.MediaType.ToString());
            var matches = name == type ? 2
                : range.MatchesAllTypes ? 0
                : range.MatchesAllSubTypes && type.StartsWith(range.Type.ToString() + "/", StringComparison.OrdinalIgnoreCase) ? 1 : -1;
            if (matches > specificity)
                (quality, specificity) = (range.Quality ?? 1.0, matches);
        }

        return quality;
    }
}
