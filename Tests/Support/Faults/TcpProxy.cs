using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Hearth.Tests.Support.Faults;

/// <summary>A network between a client and a server of this machine, on 127.0.0.1, that does what a test tells it.</summary>
public class TcpProxy : IAsyncDisposable
{
    private readonly int target;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<ProxyConnection, Task> connections = new();
    private readonly Task accepting;
    private volatile bool refuses;

    protected TcpProxy(int target)
    {
        this.target = target;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public int Connections => connections.Count;

    /// <summary>Added to every piece of either direction.</summary>
    public TimeSpan Delay { get; set; }

    internal Gate Requests { get; } = new();

    internal Gate Replies { get; } = new();

    /// <summary>Passes everything until told otherwise.</summary>
    public static TcpProxy Start(int target) => new(target);

    /// <summary>Nothing that a client sends arrives any more, as in a partition; <see cref="Heal"/> delivers it late, <see cref="Cut"/> never.</summary>
    public void HoldRequests() => Requests.Close();

    /// <summary>No reply arrives any more; requests still do, so the client cannot know what became of them.</summary>
    public void HoldReplies() => Replies.Close();

    /// <summary>Ends both and delivers what was held; new connections are accepted again.</summary>
    public void Heal()
    {
        refuses = false;
        Requests.Open();
        Replies.Open();
    }

    /// <summary>Resets every connection; what was held is lost. New ones pass.</summary>
    public void Cut()
    {
        foreach (var connection in connections.Keys)
            connection.Reset();
    }

    /// <summary>The same, and every new connection is reset at once until <see cref="Heal"/>.</summary>
    public void Refuse()
    {
        refuses = true;
        Cut();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Refuse();
        listener.Stop();
        await accepting;
        Cut();
        await Task.WhenAll(connections.Values);
    }

    /// <summary>What looks into one connection; nothing here.</summary>
    internal virtual IConversation Listen() => new Deaf();

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return; // stopped
            }

            var connection = new ProxyConnection(this, client, Listen());
            if (refuses)
                connection.Reset();
            else
                Carry(connection);
        }
    }

    /// <summary>A connection that failed by itself stays listed, so that disposing throws.</summary>
    private void Carry(ProxyConnection connection)
    {
        var running = connection.RunAsync(target);
        connections[connection] = running;
        _ = running.ContinueWith(
            _ => connections.TryRemove(connection, out var _), CancellationToken.None, TaskContinuationOptions.NotOnFaulted, TaskScheduler.Default);
    }

    private sealed class Deaf : IConversation
    {
        public ReadOnlyMemory<byte>? Request(ReadOnlyMemory<byte> bytes) => bytes;

        public ReadOnlyMemory<byte>? Reply(ReadOnlyMemory<byte> bytes) => bytes;
    }
}
