using System.Net;
using Hearth.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Hearth.Cluster;

/// <summary>Where this silo serves HTTP, as others may know it.</summary>
internal sealed class HttpAddress(IServer server, HearthOptions options, SiloIdentity self)
{
    private string? known;

    /// <summary>Null until it serves, and on a silo without a front end.</summary>
    public string? Current => known ??= self.Roles.HasFlag(SiloRoles.Frontend) ? Find() : null;

    private string? Find()
    {
        if (server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is not { } first
            || !Uri.TryCreate(first.Replace("//*", "//[::]", StringComparison.Ordinal), UriKind.Absolute, out var address) || address.Port == 0)
        {
            return null;
        }

        var isAny = address.Host is "[::]" or "0.0.0.0";
        var host = isAny ? options.SiloAdvertise ?? Dns.GetHostName() : address.Host;
        return new UriBuilder(address.Scheme, host, address.Port).Uri.GetLeftPart(UriPartial.Authority);
    }
}
