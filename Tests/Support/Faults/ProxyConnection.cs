using System.Net;
using System.Net.Sockets;

namespace Hearth.Tests.Support.Faults;

/// <summary>One client of a <see cref="TcpProxy"/> and its own connection to the server.</summary>
internal sealed class ProxyConnection(TcpProxy proxy, Socket client, IConversation conversation)
{
    private readonly Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource over = new();
    private int closed;

    /// <summary>Carries bytes both ways until both sides are done or the connection is reset.</summary>
    public async Task RunAsync(int target)
    {
        try
        {
            client.NoDelay = server.NoDelay = true;
            await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, target), over.Token);
            await Task.WhenAll(
                WatchAsync(PumpAsync(client, server, proxy.Requests, conversation.Request)),
                WatchAsync(PumpAsync(server, client, proxy.Replies, conversation.Reply)));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Reset();
        }

        Close(reset: false);
    }

    /// <summary>Ends both sides with RST.</summary>
    public void Reset() => Close(reset: true);

    private async Task PumpAsync(Socket from, Socket to, Gate gate, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> read)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, over.Token) is > 0 and var count)
        {
            await gate.PassAsync(over.Token);
            if (proxy.Delay > TimeSpan.Zero)
                await Task.Delay(proxy.Delay, TimeProvider.System, over.Token);
            if (read(buffer.AsMemory(0, count)) is not { } rest)
            {
                Reset();
                return;
            }

            while (rest.Length > 0)
                rest = rest[await to.SendAsync(rest, over.Token)..];
        }

        to.Shutdown(SocketShutdown.Send);
    }

    /// <summary>A side that is gone takes the other one with it.</summary>
    private async Task WatchAsync(Task pump)
    {
        try
        {
            await pump;
        }
        catch
        {
            Reset();
            throw;
        }
    }

    private void Close(bool reset)
    {
        if (Interlocked.Exchange(ref closed, 1) == 1)
            return;
        over.Cancel();
        foreach (var side in (Socket[])[client, server])
        {
            if (reset)
                side.LingerState = new LingerOption(enable: true, 0);
            side.Close();
        }
    }
}
