using Orleans.Dispatch;
using Orleans.Runtime;

namespace Orleans.Activations;

/// <summary>Admission: which requests may start while others are unfinished. Everything here is under the gate.</summary>
internal sealed partial class Activation
{
    // Only set where several requests are unfinished at once; else the exclusive one is the running one.
    private static readonly AsyncLocal<Request?> s_interleaved = new();

    private RequestList _waiting;
    private RequestList _admitted;
    private RequestList _running;
    private Request? _exclusive;
    private int _readers;
    private int _waitingReaders;
    private List<Guid>? _reentrantSections;
    private bool _watched;

    /// <summary>The request in whose name the code on this thread runs, as far as calls that wait on it are concerned.</summary>
    internal static Request? RunningRequest
    {
        get
        {
            var activation = t_current;
            if (activation is null)
                return null;
            if (activation._running.Count > 1 || activation._exclusive is null)
                return s_interleaved.Value ?? activation._exclusive ?? activation._activator;
            return activation._exclusive;
        }
    }

    public bool TryAccept(Request request)
    {
        bool sleeping, unwatched;
        lock (_gate)
        {
            if (_state == ActivationState.Ended)
                return false;
            request.Activation = this;
            request.Mode = ModeOf(request);
            if (request.Mode == RunMode.Interleaved)
                _admitted.Add(request);
            else
                _waiting.Add(request);
            if (request.Mode == RunMode.Shared)
                _waitingReaders++;
            sleeping = !_onPool;
            _onPool = true;
            unwatched = !_watched;
            _watched = true;
        }
        if (unwatched)
            Silo.Monitor.Watch(this);
        if (sleeping)
            GoToPool();
        return true;
    }

    private RunMode ModeOf(Request request)
    {
        var method = request.Method;
        if (Class.IsReentrant || method.AlwaysInterleaves || IsFromReentrantSection(request))
            return RunMode.Interleaved;
        return method.IsReadOnly ? RunMode.Shared : RunMode.Exclusive;
    }

    private bool IsFromReentrantSection(Request request) =>
        _reentrantSections is { Count: > 0 } sections && request.Context is { } context
            && sections.Contains(RequestContext.ReentrancyIdOf(context));

    /// <summary>Takes out of the queue what may start now, and counts it as running.</summary>
    private Request? Admit()
    {
        if (_state != ActivationState.Valid)
            return null;
        if (FirstOf(_admitted, readersOnly: false) is { } interleaved)
        {
            _admitted.Remove(interleaved);
            return Start(interleaved);
        }
        if (_exclusive is not null || (_readers > 0 && _waitingReaders == 0)
            || FirstOf(_waiting, readersOnly: _readers > 0) is not { } request)
            return null;
        _waiting.Remove(request);
        return Start(request);
    }

    /// <summary>A grain that is to end starts nothing new, save what its own unfinished calls wait for.</summary>
    private Request? FirstOf(RequestList requests, bool readersOnly)
    {
        for (var request = requests.First; request is not null; request = request.Next)
            if ((!readersOnly || request.Mode == RunMode.Shared) && (!IsDeactivating || IsAwaitedByRunning(request)))
                return request;
        return null;
    }

    private Request Start(Request request)
    {
        _running.Add(request);
        if (request.Target is not null)
            LastUsed = Silo.Monitor.Now;
        if (request.Mode == RunMode.Exclusive)
            _exclusive = request;
        else if (request.Mode == RunMode.Shared)
        {
            _waitingReaders--;
            _readers++;
        }
        return request;
    }

    /// <summary>A request that awaited has come to its end. Runs in a turn, so what may start now is picked after it.</summary>
    internal void Finish(Request request)
    {
        lock (_gate)
            NoteFinished(request);
    }

    private void NoteFinished(Request request)
    {
        _running.Remove(request);
        if (_exclusive == request)
            _exclusive = null;
        else if (request.Mode == RunMode.Shared)
            _readers--;
    }

    private bool IsAwaitedByRunning(Request request)
    {
        // Chains are not known beyond the silo: a call that would interleave may be part of one, and keeping it out could stop the end for ever.
        if (request.Origin is not null && request.FromGrain && request.Mode == RunMode.Interleaved && _running.Count > 0)
            return true;
        for (var ancestor = request.Parent; ancestor is not null; ancestor = ancestor.Parent)
            if (ancestor.Activation == this)
                return true;
        return false;
    }

    /// <summary>Lets go of requests whose callers have stopped waiting: a grain that never gets to them would keep them.</summary>
    private void DropSettled(ref RequestList requests)
    {
        for (var request = requests.First; request is not null;)
        {
            var next = request.Next;
            if (request.IsSettled)
            {
                requests.Remove(request);
                if (request.Mode == RunMode.Shared)
                    _waitingReaders--;
            }
            request = next;
        }
    }

    internal void EnterReentrantSection(Guid id)
    {
        lock (_gate)
            (_reentrantSections ??= []).Add(id);
    }

    internal void LeaveReentrantSection(Guid id)
    {
        lock (_gate)
            _reentrantSections?.Remove(id);
    }
}
