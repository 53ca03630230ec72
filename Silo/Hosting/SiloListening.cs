using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hearth.Hosting;

/// <summary>Where this silo listens for the others of its cluster, and by which host they reach it there.</summary>
/// <param name="Address">Address to listen on.</param>
/// <param name="Port">TCP port; 0 picks a free one.</param>
/// <param name="Host">Name or address that the others use.</param>
internal sealed record SiloListening(IPAddress Address, int Port, string Host)
{
    /// <exception cref="StartException">What was told cannot be; the message says what to change.</exception>
    public static SiloListening From(HearthOptions options)
    {
        var text = options.SiloListen;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > 65535
            || Parse(text[..colon]) is not { } address)
        {
            throw new StartException($"--silo-listen '{text}': write it as ADDRESS:PORT, for instance 127.0.0.1:0, 10.0.0.5:7000, [::1]:7000 or *:7000.");
        }

        var isAny = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        if (options.SiloAdvertise is { } host)
        {
            return IsHost(host)
                ? new SiloListening(address, port, host)
                : throw new StartException($"--silo-advertise '{host}': give a host's name or address by which the other silos reach this one, without a port.");
        }

        return isAny
            ? throw new StartException($"--silo-listen {text} does not say by which address the other silos reach this one: add --silo-advertise HOST.")
            : new SiloListening(address, port, address.ToString());
    }

    private static IPAddress? Parse(string text)
    {
        if (text == "*")
            return Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        if (text == "localhost")
            return IPAddress.Loopback;
        var isV6 = text is ['[', .., ']'];
        if (!IPAddress.TryParse(isV6 ? text[1..^1] : text, out var address) || isV6 != (address.AddressFamily == AddressFamily.InterNetworkV6))
            return null;
        // Odd spellings such as 127.1 are more likely mistakes.
        return isV6 || address.ToString() == text ? address : null;
    }

    private static bool IsHost(string host) =>
        host.Length <= 255 && Uri.CheckHostName(host) != UriHostNameType.Unknown
        && !(IPAddress.TryParse(host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));
}
