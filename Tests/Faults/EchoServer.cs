using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hearth.Tests.Faults;

/// <summary>Sends back what it gets, one client after the other, and remembers it.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly MemoryStream heard = new();
    private readonly Task serving;

    public EchoServer()
    {
        listener.Start();
        serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public string Heard
    {
        get
        {
            lock (heard)
                return Encoding.UTF8.GetString(heard.ToArray());
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptSocketAsync();
                await EchoAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // stopped
        }
    }

    private async Task EchoAsync(Socket client)
    {
        var buffer = new byte[4096];
        try
        {
            while (await client.ReceiveAsync(buffer) is > 0 and var count)
            {
                lock (heard)
                    heard.Write(buffer, 0, count);
                await client.SendAsync(buffer.AsMemory(0, count));
            }
        }
        catch (SocketException)
        {
            // The client was cut off; the next one follows.
        }
    }
}
