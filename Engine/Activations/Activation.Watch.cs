using Orleans.Dispatch;
using Orleans.Embedded;
using Orleans.Storage;

namespace Orleans.Activations;

/// <summary>What the monitor looks for while there is work: requests whose time is up, and chains that wait on themselves.</summary>
internal sealed partial class Activation
{
    /// <summary>How long a request waits before its chain is searched for a cycle.</summary>
    private const long CycleSearchAfterMs = 2_000;

    /// <returns>Whether there is work left to watch.</returns>
    public bool Inspect(long now)
    {
        List<(Request Request, Exception Error)> failures = [];
        lock (_gate)
        {
            DropSettled(ref _admitted);
            DropSettled(ref _waiting);
            if (Load == 0)
            {
                _watched = false;
                return false;
            }
            InspectAll(_running, now, failures);
            InspectAll(_admitted, now, failures);
            InspectAll(_waiting, now, failures);
            if (!_onPool && _running.Count + (_activator is null ? 0 : 1) > 0)
                FindCycles(now, failures);
        }
        if (_state == ActivationState.Activating && now - _activatingSince > Silo.Collection.ActivationTimeout.TotalMilliseconds)
            _ = _activation.CancelAsync();
        foreach (var (request, error) in failures)
            request.FailElsewhere(error);
        return true;
    }

    private void InspectAll(RequestList requests, long now, List<(Request, Exception)> failures)
    {
        for (var request = requests.First; request is not null; request = request.Next)
        {
            if (!request.Method.IsCall || request.IsSettled)
                continue;
            var timeout = request.Method.Timeout ?? Silo.Messaging.ResponseTimeout;
            // The stamp may be up to a tick old when taken; nobody's time is cut short by that.
            if (now - request.SentAt >= timeout.TotalMilliseconds + RequestMonitor.TickMs)
                failures.Add((request, new TimeoutException(
                    $"{request.Method.Name} of grain {this} did not answer within {timeout.TotalSeconds:0.###} s: {Doing(request, now)}.")));
        }
    }

    private string Doing(Request request, long now)
    {
        if (_state is ActivationState.New or ActivationState.Activating)
            return "the grain is still activating";
        if (_state is ActivationState.Deactivating)
            return "the grain's former activation is still deactivating";
        for (var running = _running.First; running is not null; running = running.Next)
            if (running == request)
                return _onPool ? "it is still running, without awaiting" : "it is still running, awaiting something";
        var others = string.Join(", ", _running.ToArray().Select(r => $"{r.Method.Name} (sent {(now - r.SentAt) / 1000.0:0.0} s ago)"));
        return others.Length > 0 ? $"it waits behind {others}" : "it waits for a thread, of which the process has too few free";
    }

    private void FindCycles(long now, List<(Request, Exception)> failures)
    {
        FindCycles(_waiting, now, failures);
        FindCycles(_admitted, now, failures);
    }

    private void FindCycles(RequestList requests, long now, List<(Request, Exception)> failures)
    {
        for (var request = requests.First; request is not null; request = request.Next)
            if (request.Method.IsCall && !request.IsSettled && now - request.SentAt >= CycleSearchAfterMs
                && CycleOf(request) is { } cycle)
                failures.Add((request, new TimeoutException(
                    $"Deadlock: {cycle}. The last call waits for the first to end, and the first waits for the last. Remedies: " +
                    "mark the grain class [Reentrant] or the called method [AlwaysInterleave] (or both methods [ReadOnly]), use " +
                    "RequestContext.AllowCallChainReentrancy(), make one of the calls [OneWay], or do not await it.")));
    }

    /// <summary>The calls from the one that keeps this activation busy down to the given one, if that is a chain.</summary>
    private string? CycleOf(Request request)
    {
        var chain = Describe(request);
        for (var ancestor = request.Parent; ancestor is not null; ancestor = ancestor.Parent)
        {
            chain = $"{Describe(ancestor)} -> {chain}";
            if (ancestor.Activation == this && KeepsOthersOut(ancestor))
                return chain;
        }
        return null;
    }

    private bool KeepsOthersOut(Request request) =>
        request == _activator || request == _exclusive || (request.Mode == RunMode.Shared && _readers > 0 && !request.IsSettled);

    private static string Describe(Request request) => $"{request.Activation}.{request.Method.Name}";

    /// <summary>A request failed in the grain's code.</summary>
    internal void Fault(Request request, Exception error)
    {
        if (error is InconsistentStateException { IsSourceActivation: true } stale)
        {
            stale.IsSourceActivation = false;
            Deactivate(new(DeactivationReasonCode.ApplicationError, error, "The stored state was changed by somebody else."), default);
        }
        if (!request.Method.IsCall)
            Silo.Log.UnansweredCallFailed(error, request.Method.Name, this);
        request.Fail(error);
    }
}
