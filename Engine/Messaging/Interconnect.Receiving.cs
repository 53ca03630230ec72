using System.Net.Sockets;
using Orleans.Dispatch;
using Orleans.Embedded;

namespace Orleans.Messaging;

/// <summary>What other silos send.</summary>
internal sealed partial class Interconnect
{
    /// <summary>Connections that have not proved yet whose they are.</summary>
    private const int StrangersMax = 128;

    private static readonly TimeSpan s_acceptPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_refreshPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _refreshing = new(1);
    private long _refreshed;

    public void Closed(IncomingConnection connection, Exception reason)
    {
        if (_incoming.TryRemove(connection, out _) && !_stop.IsCancellationRequested && connection.Silo is null)
            Log.ConnectionRefused(reason.Message);
    }

    /// <summary>The silo whose certificate it is; the view may be too old to have it, so it is read anew, once a second at most.</summary>
    public async Task<string?> SiloOfAsync(byte[] hash, CancellationToken cancellation)
    {
        if (Locator.SiloOfCertificate(hash) is { } known)
            return known;
        var before = Locator.Version;
        await _refreshing.WaitAsync(cancellation);
        try
        {
            var pause = s_refreshPause - Silo.Time.GetElapsedTime(_refreshed);
            if (_refreshed != 0 && pause > TimeSpan.Zero && Locator.Version == before)
                await Task.Delay(pause, Silo.Time, cancellation);
            // Somebody who waited before has brought it, perhaps.
            if (Locator.SiloOfCertificate(hash) is { } arrived)
                return arrived;
            await Locator.RefreshAsync(Locator.Version + 1, cancellation);
            _refreshed = Silo.Time.GetTimestamp();
            return Locator.SiloOfCertificate(hash);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Gives a request of another silo to its grain, if the grain is here or lives here.</summary>
    public void Admit(Request request, long version)
    {
        var (grainClass, key) = (request.Target!.Shared.Class, request.Target.Key);
        var isHere = grainClass.Find(key) is not null;
        if (Silo.Router.Status != SiloStatus.Running && !(Silo.Router.Status == SiloStatus.Stopping && request.FromGrain && isHere))
            request.SendBack();
        else if (isHere || LivesHere(grainClass, key))
            Take(request);
        else if (version > Locator.Version)
            _ = AdmitLaterAsync(request, version);
        else
            request.SendBack();
    }

    private async Task AdmitLaterAsync(Request request, long version)
    {
        try
        {
            await Locator.RefreshAsync(version, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The silo stops, and says so below.
        }
        if (!request.IsSettled)
            Admit(request, Math.Min(version, Locator.Version));
    }

    private void Take(Request request)
    {
        var origin = request.Origin!;
        if (request.Method.IsCall)
        {
            Router.Accept(request);
            return;
        }
        // Nobody waits for its end, only for its arrival.
        request.Origin = null;
        Router.Accept(request);
        origin.Answer(Incoming.Encode(default(Nothing)));
    }

    private async Task AcceptAllAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                if (_incoming.Count(c => c.Key.Silo is null) >= StrangersMax)
                    socket.Dispose();
                else
                    Welcome(new(this, socket));
            }
            catch (SocketException error)
            {
                // Such as too many open files; that may pass.
                Log.AcceptFailed(error);
                await Task.Delay(s_acceptPause, Silo.Time, CancellationToken.None);
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Welcome(IncomingConnection connection)
    {
        _incoming[connection] = true;
        Silo.Monitor.Watch(connection);
        connection.Start();
    }
}
