using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hearth.Bench.Jobs;

namespace Hearth.Bench.Peers;

/// <summary>An empty Redis of one measurement.</summary>
internal sealed class RedisServer : IDisposable
{
    private const string Program = "redis-server";
    private const int Tries = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly TempFolder folder = new();
    private readonly Child server;

    private RedisServer(string appendFsync)
    {
        Port = Servers.FreePort();
        server = Child.Start(new ProcessStartInfo(
            Program,
            [
                "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", folder["."], "--logfile", folder["log"],
                "--appendonly", "yes", "--appendfsync", appendFsync, "--save", "", "--daemonize", "no",
            ]) { UseShellExecute = false });
    }

    public int Port { get; }

    /// <param name="appendFsync">always or everysec.</param>
    public static async Task<RedisServer> StartAsync(string appendFsync)
    {
        var redis = new RedisServer(appendFsync);
        for (var i = 0; i < Tries; i++)
        {
            if (await redis.AnswersAsync())
                return redis;
            await Task.Delay(Pause, TimeProvider.System);
        }

        redis.Dispose();
        throw new InvalidOperationException($"{Program} did not start.");
    }

    public static async Task<string> VersionAsync()
    {
        var text = await Child.OutputAsync(TimeSpan.FromSeconds(10), null, Program, "--version");
        return text.Split(' ').FirstOrDefault(word => word.StartsWith("v=", StringComparison.Ordinal))?[2..] ?? text.Trim();
    }

    public void Dispose()
    {
        server.Dispose();
        folder.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            // Not yet.
            return false;
        }
    }
}
