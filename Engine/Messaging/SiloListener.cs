using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Orleans.Embedded;

/// <summary>
/// The port on which other silos reach this one. Bound when it is first asked for, so that the host can make it known before anything starts;
/// who connects before the silo has started waits.
/// </summary>
public sealed class SiloListener : IDisposable
{
    private const int Backlog = 512;
    private readonly Socket _socket;

    /// <exception cref="Runtime.OrleansConfigurationException">The address cannot be bound.</exception>
    public SiloListener(IOptions<SiloConnectionOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var address = new IPEndPoint(options.Value.ListenAddress, options.Value.Port);
        _socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(address);
            _socket.Listen(Backlog);
        }
        catch (SocketException error)
        {
            _socket.Dispose();
            throw new Runtime.OrleansConfigurationException($"Cannot listen for other silos on {address}: {error.Message}. Set " +
                $"{nameof(SiloConnectionOptions)}.{nameof(SiloConnectionOptions.ListenAddress)} and {nameof(SiloConnectionOptions.Port)}.", error);
        }
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    /// <summary>The port that was bound.</summary>
    public int Port { get; }

    internal ValueTask<Socket> AcceptAsync(CancellationToken cancellation) => _socket.AcceptAsync(cancellation);

    public void Dispose() => _socket.Dispose();
}
