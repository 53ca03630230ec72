using System.Net;
using System.Net.Sockets;
using Hearth.Hosting;
using Orleans.Configuration;

namespace Hearth.Engines;

/// <summary>Where Orleans listens for other silos and, when told to, for applications that embed its client.</summary>
internal static class SiloEndpoint
{
    /// <exception cref="StartException">The host by which others reach this silo has no address.</exception>
    public static void Set(EndpointOptions options, SiloListening listening, int? gateway)
    {
        var port = listening.Port == 0 ? FreePort.On(listening.Address) : listening.Port;
        options.SiloPort = port;
        options.GatewayPort = gateway is 0 ? FreePort.On(listening.Address) : gateway ?? 0;
        options.AdvertisedIPAddress = AddressOf(listening.Host, listening.Address.AddressFamily);
        options.SiloListeningEndpoint = new IPEndPoint(listening.Address, port);
        if (gateway is not null)
            options.GatewayListeningEndpoint = new IPEndPoint(listening.Address, options.GatewayPort);
    }

    /// <summary>Orleans knows silos by address, not by name.</summary>
    private static IPAddress AddressOf(string host, AddressFamily family)
    {
        if (IPAddress.TryParse(host, out var given))
            return given;
        try
        {
            var found = Dns.GetHostAddresses(host);
            return found.FirstOrDefault(address => address.AddressFamily == family) ?? found[0];
        }
        catch (SocketException e)
        {
            throw new StartException($"--silo-advertise '{host}' has no address: {e.Message}. Give a name that resolves here, or the address itself.", e);
        }
    }
}

/// <summary>A port that nobody uses just now: Orleans has to know its port before it listens.</summary>
internal static class FreePort
{
    public static int On(IPAddress address)
    {
        using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
