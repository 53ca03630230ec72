using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Hearth.Api.Http;
using Hearth.Hosting;

namespace Hearth.Auth;

/// <summary>
/// The one policy that every request passes. Without a key: loopback names only, and no web page of another origin, since any page can
/// post to localhost. With a key: every route but <c>/health/live</c> needs it.
/// </summary>
internal sealed class AccessPolicy(HearthOptions options, byte[]? keyHash)
{
    private const string LivePath = "/health/live";

    public bool HasKey => keyHash is not null;

    /// <summary>Why the request is refused, or null.</summary>
    public Problem? Refuse(HttpRequest request)
    {
        if (IsForeignOrigin(request))
            return Problems.ForeignOrigin;
        if (request.Path.Equals(LivePath, StringComparison.Ordinal))
            return null;
        if (keyHash is not null)
            return Admits(request.Headers.Authorization.ToString()) ? null : Problems.NoKey;
        return options.BehindProxy || IsLoopbackName(request.Host.Host) ? null : Problems.ForeignHost;
    }

    /// <summary>DNS rebinding: a foreign name that resolves to 127.0.0.1 carries its own name in Host.</summary>
    private static bool IsLoopbackName(string host) => host is "127.0.0.1" or "[::1]" || host.Equals("localhost", StringComparison.OrdinalIgnoreCase);

    private static bool IsForeignOrigin(HttpRequest request)
    {
        if (request.Headers.Origin is [{ Length: > 0 } origin, ..])
            return !Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Authority != request.Host.Value;
        // Old-style form posts carry no Origin in some browsers, and all current ones send this. A followed link is harmless.
        return request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"
            && !(HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Path == "/");
    }

    private bool Admits(string authorization)
    {
        var key = AuthenticationHeaderValue.TryParse(authorization, out var header) ? KeyIn(header) : null;
        return key is not null && AdminKey.IsWellFormed(key) && CryptographicOperations.FixedTimeEquals(AdminKey.Hash(key), keyHash);
    }

    /// <summary>Bearer for programs; Basic with the key as password so that a browser can ask for it.</summary>
    private static string? KeyIn(AuthenticationHeaderValue header)
    {
        if (header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            return header.Parameter;
        var bytes = new byte[256];
        if (!header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || header.Parameter is null || !Convert.TryFromBase64String(header.Parameter, bytes, out var length))
        {
            return null;
        }

        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        return pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }
}
