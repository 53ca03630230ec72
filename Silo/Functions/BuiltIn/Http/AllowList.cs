using System.Net;
using Hearth.Hosting;

namespace Hearth.Functions.BuiltIn;

/// <summary>Which addresses on the web may be asked: by name before, and by address when the connection is made.</summary>
internal sealed class AllowList
{
    private readonly List<(string Scheme, string Host, bool IsBelow, int Port)> origins;
    private readonly IPNetwork[] networks;

    /// <exception cref="StartException">An origin cannot be; the message names it.</exception>
    public AllowList(HttpOptions options)
    {
        origins = [.. options.Allow.Select(Parse)];
        networks = [.. options.PrivateNetworks.Select(IPNetwork.Parse)];
    }

    public bool Allows(Uri uri) => origins.Any(origin =>
        uri.Scheme == origin.Scheme && uri.Port == origin.Port
        && (origin.IsBelow ? uri.IdnHost.EndsWith(origin.Host, StringComparison.OrdinalIgnoreCase) : uri.IdnHost.Equals(origin.Host, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whatever a name resolves to, now: a name that is allowed must not lead into this network.</summary>
    public bool Allows(IPAddress address) =>
        PublicAddress.Is(address) || Array.Exists(networks, network => network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    private static (string, string, bool, int) Parse(string text)
    {
        const string Below = "://*.";
        var isBelow = text.Contains(Below, StringComparison.Ordinal);
        if (!Uri.TryCreate(text.Replace(Below, "://", StringComparison.Ordinal), UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http")
            || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0 || (isBelow && !uri.IdnHost.Contains('.', StringComparison.Ordinal)))
        {
            throw new StartException($"Hearth:Http:Allow: '{text}' is no origin: write it as https://api.example.com, https://*.example.com or http://10.1.0.5:8080.");
        }

        return (uri.Scheme, isBelow ? "." + uri.IdnHost : uri.IdnHost, isBelow, uri.Port);
    }
}
