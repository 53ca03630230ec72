using System.Net;
using System.Net.Sockets;

namespace Hearth.Tests.Client;

/// <summary>
/// Answers the first request of a connection, and closes it in good order after the second has come, as the kernel does for a process that was killed.
/// Handlers of HTTP take that for a connection that was idle for too long.
/// </summary>
internal sealed class ClosingServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Task serving;
    private int requests;

    public ClosingServer()
    {
        listener.Start();
        serving = ServeAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    public int Requests => requests;

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
                using var connection = await listener.AcceptTcpClientAsync();
                var stream = connection.GetStream();
                if (await ReadAsync(stream))
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n1"u8.ToArray());
                await ReadAsync(stream);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped, while it waited or just before.
        }
    }

    /// <returns>Whether a request came; none has a body here.</returns>
    private async Task<bool> ReadAsync(NetworkStream stream)
    {
        var text = "";
        var buffer = new byte[4096];
        while (!text.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var length = await ReadAsync(stream, buffer);
            if (length == 0)
                return false;
            text += System.Text.Encoding.ASCII.GetString(buffer, 0, length);
        }

        requests++;
        return true;
    }

    private static async Task<int> ReadAsync(NetworkStream stream, byte[] buffer)
    {
        try
        {
            return await stream.ReadAsync(buffer);
        }
        catch (IOException)
        {
            return 0; // the client has gone without a word
        }
    }
}
