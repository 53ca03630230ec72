using System.Net.Sockets;
using Orleans.Activations;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Orleans.Messaging;

/// <summary>
/// What happens when grains get another home: here their activations end, and before one begins here the home that it had before is asked to
/// end its own.
/// </summary>
internal sealed partial class Interconnect
{
    private static readonly TimeSpan s_handOverTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_handOverPause = TimeSpan.FromMilliseconds(100);
    private static readonly DeactivationReason s_moved = new(DeactivationReasonCode.Migrating, "The grain lives on another silo now.");

    private readonly Lock _sweeping = new();
    private TaskCompletionSource _viewChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sweeps;

    /// <summary>Whether an activation may begin here. Asks the grain's former homes first, and waits for them up to 10 s.</summary>
    public async Task<bool> MayBeginAsync(GrainClass grainClass, string key)
    {
        var started = Silo.Time.GetTimestamp();
        while (true)
        {
            // Before the view is looked at, so that no change goes by unnoticed.
            var changed = Volatile.Read(ref _viewChanged).Task;
            if (!LivesHere(grainClass, key))
                return false;
            var version = Locator.Version;
            var former = Locator.FormerHomes(grainClass.Placement, key).Where(silo => silo != Locator.Self && Locator.EndpointOf(silo) is not null).ToArray();
            var left = s_handOverTime - Silo.Time.GetElapsedTime(started);
            if (former.Length == 0)
                return true;
            if (left <= TimeSpan.Zero)
            {
                Log.HandOverTimedOut(string.Join(", ", former), grainClass.GrainType.ToString(), key);
                return true;
            }
            var ended = await Task.WhenAll(former.Select(silo => AskAsync(silo, grainClass, key, left, changed)));
            if (Array.TrueForAll(ended, done => done) && Locator.Version == version)
                return true;
        }
    }

    /// <summary>Ends the activation that another silo asks for. Afterwards requests for the grain are refused, as the view says.</summary>
    public async Task HandOverAsync(IncomingConnection asker, long number, (GrainClass Class, string Key) grain, long version)
    {
        try
        {
            await Locator.RefreshAsync(version, _stop.Token);
            // Whoever asks by an older view than this one may be wrong.
            if (Locator.Version > version && LivesHere(grain.Class, grain.Key))
            {
                asker.SendElsewhere(number);
                return;
            }
            if (grain.Class.Find(grain.Key) is { } activation)
            {
                activation.Deactivate(s_moved, default);
                await activation.Deactivated;
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops, and with it the activation.
        }
        asker.Answer(number, Incoming.Encode(default(Dispatch.Nothing)));
    }

    /// <summary>Ends an activation if the grain lives on another silo.</summary>
    public void EndIfElsewhere(Activation activation, CancellationToken cancellation)
    {
        if (activation.Class.Placement is { } placement && Locator.Locate(placement, activation.Key) is { } silo && silo != Locator.Self)
            activation.Deactivate(s_moved, cancellation);
    }

    /// <returns>Whether the former home has no activation any more, as far as can be known.</returns>
    private async Task<bool> AskAsync(string former, GrainClass grainClass, string key, TimeSpan atMost, Task changed)
    {
        var version = Locator.Version;
        var call = new HandOverCall(Silo.Monitor.Now + (long)atMost.TotalMilliseconds);
        var newer = 0L;
        if (TrySend(former, call, RequestFrames.WriteHandOver(grainClass, key, version), out _) == SendResult.Sent)
        {
            try
            {
                // Two silos that wait for one another must not, once a third is the home.
                if (await Task.WhenAny(call.Ended, changed).WaitAsync(atMost, Silo.Time) == changed)
                {
                    call.GiveUp();
                    return false;
                }
                newer = await call.Ended;
                if (newer == 0)
                    return true;
            }
            catch (OrleansMessageRejectionException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            {
                // Nobody listens there, so nothing lives there.
                return true;
            }
            catch (Exception error) when (error is OrleansException or TimeoutException)
            {
                // Perhaps it is there all the same; it is asked again while there is time.
            }
        }
        if (newer > version)
            await Locator.RefreshAsync(newer, _stop.Token);
        if (Locator.Version == version)
            await Task.Delay(s_handOverPause, Silo.Time, _stop.Token);
        return false;
    }

    private void OnChanged()
    {
        Interlocked.Exchange(ref _viewChanged, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        if (Interlocked.Increment(ref _sweeps) == 1)
            ThreadPool.UnsafeQueueUserWorkItem(static self => self.Sweep(), this, preferLocal: false);
    }

    private void Sweep()
    {
        // Whatever changes from here on brings about another sweep, which waits for this one.
        Interlocked.Exchange(ref _sweeps, 0);
        lock (_sweeping)
        {
            foreach (var (silo, connection) in _outgoing)
                if (!IsAsKnown(Locator.EndpointOf(silo), connection))
                    connection.Close(new IOException("it is no longer in the cluster"));
            foreach (var (connection, _) in _incoming)
                if (connection.Silo is { } silo && Locator.EndpointOf(silo) is null)
                    connection.Close(new IOException($"silo {silo} is no longer in the cluster"));
            foreach (var (silo, _) in _routes)
                if (Locator.EndpointOf(silo) is null)
                    _routes.TryRemove(silo, out _);
            foreach (var grainClass in Silo.Classes.Where(c => c.Placement is not null))
                foreach (var activation in grainClass.Activations)
                    EndIfElsewhere(activation, default);
        }
    }

    private static bool IsAsKnown(Embedded.SiloEndpoint? now, OutgoingConnection connection) => now is not null
        && now.Port == connection.Endpoint.Port && now.Host == connection.Endpoint.Host
        && now.CertificateSha256.Span.SequenceEqual(connection.Endpoint.CertificateSha256.Span);

    /// <summary>Waits until a former home has ended its activation: 0, or the version of a view by which the asker is not its home.</summary>
    private sealed class HandOverCall(long deadline) : PendingCall
    {
        private readonly TaskCompletionSource<long> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<long> Ended => _ended.Task;
        public override bool IsUrgent => true;

        public override void Answered(FrameKind kind, WireReader reader) =>
            _ended.TrySetResult(kind == FrameKind.Elsewhere ? (long)reader.ReadNumber() : 0);

        public void GiveUp() => _ended.TrySetCanceled();
        public override void Fail(Exception error) => _ended.TrySetException(error);
        public override bool IsOver(long now) => now > deadline || _ended.Task.IsCompleted;
    }
}
