using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hearth.Bench;

/// <summary>Servers, programs and folders of this run, which must not outlive it when it is interrupted or fails.</summary>
internal static class Servers
{
    private static readonly ConcurrentDictionary<IDisposable, int> Running = new();
    private static int count;
    private static int stops;

    /// <exception cref="OperationCanceledException">The run is being interrupted; the server was stopped at once.</exception>
    public static void Add(IDisposable server)
    {
        Running[server] = Interlocked.Increment(ref count);
        if (Volatile.Read(ref stops) == 0)
            return;
        server.Dispose();
        throw new OperationCanceledException("The run is being interrupted.");
    }

    /// <returns>False when it was stopped already.</returns>
    public static bool Remove(IDisposable server) => Running.TryRemove(server, out _);

    /// <summary>Ends the process after its servers.</summary>
    public static void StopAll(PosixSignalContext context)
    {
        StopAll();
        Environment.Exit(128 + (context.Signal == PosixSignal.SIGINT ? 2 : 15));
    }

    /// <summary>For good: what is added later is stopped at once. Who calls it while it is under way, because its servers are gone, waits for the end.</summary>
    public static void StopAll()
    {
        if (Interlocked.Increment(ref stops) > 1)
            new ManualResetEventSlim().Wait();
        // The last ones first: they may be in the folders of those before.
        foreach (var server in Running.OrderByDescending(server => server.Value).Select(server => server.Key))
            Stop(server);
    }

    /// <summary>A port that nobody listened on a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Stop(IDisposable server)
    {
        try
        {
            server.Dispose();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The others are to be stopped all the same.
            System.Console.Error.WriteLine(e.Message);
        }
    }
}
