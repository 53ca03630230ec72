using System.Globalization;
using System.Text;
using Hearth.Api.Http;
using Hearth.Objects;
using Microsoft.AspNetCore.Http.Features;

namespace Hearth.Api.Objects;

/// <summary>
/// Reads the key out of the path as it was sent: routing leaves an encoded slash as it is, and so cannot tell <c>a%2Fb</c> from <c>a%252Fb</c>.
/// </summary>
internal static class ObjectPath
{
    /// <summary>Where the key stands in <c>/v1/objects/{name}/{key}</c>.</summary>
    private const int Place = 4;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Of(HttpRequest request, string name, string key) => $"{request.PathBase}/v1/objects/{name}/{Uri.EscapeDataString(key)}";

    /// <summary>The key, or why it is not one.</summary>
    public static (string Key, Problem? Problem) ReadKey(HttpContext http)
    {
        var routed = (string)http.Request.RouteValues["key"]!;
        var key = routed.Contains('%', StringComparison.Ordinal) ? ReadSent(http) : routed;
        return ObjectKey.IsValid(key) ? (key!, null) : ("", Problems.InvalidInput($"'{Problems.Shown(routed)}' cannot be a key: {ObjectKey.Rule}.", "key"));
    }

    private static string? ReadSent(HttpContext http)
    {
        var path = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0].Split('/');
        var place = Place + http.Request.PathBase.Value!.Count(c => c == '/');
        // Dots for folders, or a host in front, move the parts: such a path has no need to name a key in code.
        return place < path.Length && Decode(path[place - 1]) == (string)http.Request.RouteValues["name"]! ? Decode(path[place]) : null;
    }

    /// <returns>Null when it is not percent-encoded UTF-8.</returns>
    private static string? Decode(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var isEncoded = rest[0] == '%';
            if (isEncoded && (rest.Length < 3 || !char.IsAsciiHexDigit(rest[1]) || !char.IsAsciiHexDigit(rest[2])))
                return null;
            bytes.Add(isEncoded ? byte.Parse(rest[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : (byte)rest[0]);
            rest = rest[(isEncoded ? 3 : 1)..];
        }

        try
        {
            return Utf8.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
