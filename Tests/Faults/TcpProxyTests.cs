using System.Net;
using System.Net.Sockets;
using System.Text;
using Hearth.Tests.Support.Faults;

namespace Hearth.Tests.Faults;

public sealed class TcpProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AWhile = TimeSpan.FromMilliseconds(200);

    private readonly EchoServer echo = new();
    private readonly TcpProxy proxy;

    public TcpProxyTests() => proxy = TcpProxy.Start(echo.Port);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await proxy.DisposeAsync();
        await echo.DisposeAsync();
    }

    [Fact]
    public async Task Everything_passes_to_the_last_byte()
    {
        using var client = await ConnectAsync();
        var stream = client.GetStream();
        var sent = new byte[1_000_000];
        new Random(1).NextBytes(sent);
        var sending = stream.WriteAsync(sent).AsTask();
        var got = new byte[sent.Length];
        await stream.ReadExactlyAsync(got).AsTask().WaitAsync(Soon);
        await sending;
        client.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(sent, got);
        Assert.Equal(0, await stream.ReadAsync(got).AsTask().WaitAsync(Soon));
    }

    [Fact]
    public async Task A_cut_resets_and_the_next_connection_passes()
    {
        using var client = await ConnectAsync();
        Assert.Equal("one", await SayAsync(client, "one"));
        proxy.Cut();
        await ResetsAsync(client);
        using var next = await ConnectAsync();
        Assert.Equal("two", await SayAsync(next, "two"));
    }

    [Fact]
    public async Task Refused_connections_pass_again_after_healing()
    {
        proxy.Refuse();
        // The reset may come before the client knows that it is connected.
        var error = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var client = await ConnectAsync();
            await ResetsAsync(client);
            throw new SocketException((int)SocketError.ConnectionReset);
        });
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error).SocketErrorCode);

        proxy.Heal();
        using var next = await ConnectAsync();
        Assert.Equal("two", await SayAsync(next, "two"));
    }

    [Fact]
    public async Task Held_replies_come_late_though_the_request_arrived()
    {
        using var client = await ConnectAsync();
        proxy.HoldReplies();
        var reply = SayAsync(client, "one");
        await Task.Delay(AWhile, TimeProvider.System);
        Assert.False(reply.IsCompleted);
        Assert.Equal("one", echo.Heard);
        proxy.Heal();
        Assert.Equal("one", await reply.WaitAsync(Soon));
    }

    [Fact]
    public async Task Held_requests_do_not_arrive_and_are_lost_by_a_cut()
    {
        using var client = await ConnectAsync();
        proxy.HoldRequests();
        var reply = SayAsync(client, "one");
        await Task.Delay(AWhile, TimeProvider.System);
        proxy.Cut();
        proxy.Heal();
        await Assert.ThrowsAnyAsync<IOException>(() => reply.WaitAsync(Soon));
        Assert.Equal("", echo.Heard);
    }

    [Fact]
    public async Task A_delay_is_added_both_ways()
    {
        using var client = await ConnectAsync();
        proxy.Delay = AWhile;
        var start = TimeProvider.System.GetTimestamp();
        Assert.Equal("one", await SayAsync(client, "one"));
        Assert.True(TimeProvider.System.GetElapsedTime(start) > 1.9 * AWhile);
    }

    private static async Task<string> SayAsync(TcpClient client, string text)
    {
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text));
        var reply = new byte[text.Length];
        await client.GetStream().ReadExactlyAsync(reply);
        return Encoding.UTF8.GetString(reply);
    }

    private static async Task ResetsAsync(TcpClient client)
    {
        var error = await Assert.ThrowsAsync<IOException>(() => client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Soon));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        return client;
    }
}
