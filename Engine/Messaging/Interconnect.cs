using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Orleans.Activations;
using Orleans.Dispatch;
using Orleans.Embedded;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Orleans.Messaging;

/// <summary>
/// This silo among the others: where grains live, and the connections to and from where they do. The parts: what comes in (<c>.Receiving</c>)
/// and what happens when grains get another home (<c>.Moves</c>).
/// </summary>
internal sealed partial class Interconnect : IDisposable
{
    private const int RetriesMax = 20_000;
    private static readonly TimeSpan s_pauseMin = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, OutgoingConnection> _outgoing = new();
    private readonly ConcurrentDictionary<string, SiloRoute> _routes = new();
    private readonly ConcurrentDictionary<IncomingConnection, bool> _incoming = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SiloListener _listener;
    private int _retrying;

    public Interconnect(Silo silo, IGrainLocator locator, SiloListener listener, SiloConnectionOptions options)
    {
        (Silo, Locator, _listener, Options) = (silo, locator, listener, options);
        Certificate = options.Certificate is { HasPrivateKey: true } certificate ? certificate : throw new OrleansConfigurationException(
            $"Silos talk over TLS: set {nameof(SiloConnectionOptions)}.{nameof(SiloConnectionOptions.Certificate)} to a certificate with its private key.");
        Manifest = WireManifest.Hash;
    }

    public Silo Silo { get; }
    public IGrainLocator Locator { get; }
    public SiloConnectionOptions Options { get; }
    public X509Certificate2 Certificate { get; }
    public ReadOnlyMemory<byte> Manifest { get; }
    private ILogger Log => Silo.Log;

    public void Start()
    {
        Locator.Changed += OnChanged;
        ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.AcceptAllAsync(), this, preferLocal: false);
    }

    public bool LivesHere(GrainClass grainClass, string key) =>
        grainClass.Placement is not { } placement || Locator.Locate(placement, key) is { } silo && silo == Locator.Self;

    /// <summary>Where a request for the grain goes.</summary>
    public IRequestTarget Locate(GrainReference grain)
    {
        var (grainClass, version) = (grain.Shared.Class, Locator.Version);
        if (grainClass.Placement is not { } placement)
            return grainClass.Target(grain.Key);
        return Locator.Locate(placement, grain.Key) switch
        {
            null => new NoRoute(this, version),
            var silo when silo == Locator.Self => grainClass.Target(grain.Key),
            var silo => RouteTo(silo, version),
        };
    }

    public TimeSpan TimeOf(Request request) => request.Method.Timeout ?? Silo.Messaging.ResponseTimeout;

    /// <summary>Sends a request on its way. What goes wrong is the request's failure.</summary>
    public void Send(string silo, Request request)
    {
        if (request.IsSettled)
            return;
        try
        {
            var call = new RequestCall(this, silo, request);
            switch (TrySend(silo, call, RequestFrames.Write(request, Locator.Version, Silo.Monitor.Now), out var connection))
            {
                case SendResult.Sent:
                    call.Heed(connection!);
                    break;
                case SendResult.Busy:
                    request.FailElsewhere(new OrleansMessageRejectionException(
                        $"Silo {silo} is too busy: {Options.CallsMax:N0} calls to it are unanswered, or {Options.QueuedBytesMax >> 20} MiB wait to be sent. The call was not sent; try again later."));
                    break;
                default:
                    Retry(request, silo, 0);
                    break;
            }
        }
#pragma warning disable CA1031 // An argument that cannot be sent is the caller's error.
        catch (Exception error)
        {
            request.FailElsewhere(error);
        }
#pragma warning restore CA1031
    }

    /// <summary>A request came back without having run: looks again where the grain lives, and sends it there, until its time is up.</summary>
    public void Retry(Request request, string silo, long version)
    {
        if (Interlocked.Increment(ref _retrying) > RetriesMax)
        {
            Interlocked.Decrement(ref _retrying);
            request.FailElsewhere(new OrleansMessageRejectionException($"{request.Target} moves, and {RetriesMax:N0} calls wait for moves to end already. The call has not run; try again later."));
            return;
        }
        ThreadPool.UnsafeQueueUserWorkItem(static it => _ = it.Self.RetryAsync(it.request, it.silo, it.version), (Self: this, request, silo, version), preferLocal: false);
    }

    /// <summary>The connection has ended; the next call makes another.</summary>
    public void Closed(string silo, OutgoingConnection connection, Exception reason)
    {
        if (_outgoing.TryRemove(new(silo, connection)) && !_stop.IsCancellationRequested)
            Log.ConnectionEnded(silo, reason.Message);
    }

    /// <summary>Ends all connections, after a moment for answers that are still to be sent.</summary>
    public async Task StopAsync()
    {
        Locator.Changed -= OnChanged;
        await _stop.CancelAsync();
        _listener.Dispose();
        foreach (var (connection, _) in _incoming)
            connection.Finish();
        var patience = Silo.Time.GetTimestamp();
        while (!_incoming.IsEmpty && Silo.Time.GetElapsedTime(patience) < TimeSpan.FromSeconds(1))
            await Task.Delay(TimeSpan.FromMilliseconds(10), Silo.Time, CancellationToken.None);
        CloseAll();
    }

    public void Dispose()
    {
        Locator.Changed -= OnChanged;
        _stop.Cancel();
        _listener.Dispose();
        CloseAll();
    }

    private void CloseAll()
    {
        var reason = new IOException($"silo {Locator.Self} stops");
        foreach (var (connection, _) in _incoming)
            connection.Close(reason);
        foreach (var (_, connection) in _outgoing)
            connection.Close(reason);
    }

    private SiloRoute RouteTo(string silo, long version) =>
        _routes.TryGetValue(silo, out var route) && route.Version == version ? route : _routes[silo] = new(this, silo, version);

    private SendResult TrySend(string silo, PendingCall call, WireWriter frame, out OutgoingConnection? connection)
    {
        var result = SendResult.Ended;
        // The one there is may have ended just now; a fresh one has not.
        for (var tries = 0; result == SendResult.Ended && tries < 3 && (connection = ConnectionTo(silo)) is not null; tries++)
            if ((result = connection.TrySend(call, frame)) == SendResult.Sent)
                return result;
        connection = null;
        frame.Release();
        return result;
    }

    private OutgoingConnection? ConnectionTo(string silo)
    {
        if (_outgoing.TryGetValue(silo, out var known))
            return known;
        if (_stop.IsCancellationRequested || Locator.EndpointOf(silo) is not { } endpoint)
            return null;
        var made = new OutgoingConnection(this, silo, endpoint);
        if (!_outgoing.TryAdd(silo, made))
            return _outgoing.GetValueOrDefault(silo);
        Silo.Monitor.Watch(made);
        made.Start();
        return made;
    }

    private async Task RetryAsync(Request request, string silo, long version)
    {
        try
        {
            var before = Locator.Version;
            if (version > before)
                await Locator.RefreshAsync(version, _stop.Token);
            // A view that has not changed gives the same answer again, unless the other silo's changes.
            if (Locator.Version == before)
                await Task.Delay(PauseAfter(request.Resends++), Silo.Time, _stop.Token);
            if (request.IsSettled)
                return;
            if (Silo.Monitor.Now - request.SentAt >= TimeOf(request).TotalMilliseconds)
                request.FailElsewhere(new OrleansMessageRejectionException($"No silo took {request.Method.Name} of {request.Target} within " +
                    $"{TimeOf(request).TotalSeconds:0.###} s: silo {silo}, where it lives by the view of silo {Locator.Self}, is not there or says that it lives elsewhere. The call has not run."));
            else
                Silo.Router.SendAnew(request);
        }
#pragma warning disable CA1031 // The call has not run, whatever went wrong.
        catch (Exception error)
        {
            request.FailElsewhere(new OrleansMessageRejectionException($"{request.Method.Name} of {request.Target} was not sent: {error.Message}", error));
        }
#pragma warning restore CA1031
        finally
        {
            Interlocked.Decrement(ref _retrying);
        }
    }

    private static TimeSpan PauseAfter(int resends) => resends > 5 ? s_pauseMax : TimeSpan.FromTicks(Math.Min(s_pauseMin.Ticks << resends, s_pauseMax.Ticks));
}
