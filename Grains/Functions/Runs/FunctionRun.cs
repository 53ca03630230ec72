using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Hearth.Functions.Payloads;
using Hearth.Observability;

namespace Hearth.Functions.Runs;

/// <summary>
/// One of a function's slots, used again and again: holds the input, runs the body on the thread pool, holds the output.
/// Steps: (1) <see cref="ReadInput"/> on the caller's thread, (2) <see cref="StartAsync"/> queues the body and answers when it has ended
/// or was cut off, (3) <see cref="TryWriteOutput"/>, (4) <see cref="Release"/>.
/// </summary>
/// <remarks>
/// The body never runs on the caller's thread: one that does not return would otherwise hold the request, and with it the 504, for
/// ever. A run that was cut off keeps its slot until its body has really ended, so <see cref="FunctionOptions.Concurrency"/> stays true.
/// The hop and the slot cost no allocation (docs/decisions/0006-call-path.md).
/// </remarks>
internal abstract class FunctionRun(FunctionSlots slots) : IThreadPoolWorkItem, IValueTaskSource<RunOutcome>
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int Ended = 2;
    private const int WasCutOff = 3;
    private const int StateMask = 3;

    private ManualResetValueTaskSourceCore<RunOutcome> done = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenSource cancellation = new();
    private CancellationTokenRegistration callerGone;
    private bool answersInline;
    private Activity? activity;
    private int state; // the lowest two bits; above them the number of the run, so that nothing meant for one run meets the slot's next
    private int holders;
    private long startedAt;
    private long deadline;

    /// <summary>What the body sees, from <see cref="StartAsync"/> to <see cref="Release"/>.</summary>
    public FunctionContext Context { get; private set; } = null!;

    protected CancellationToken CancellationToken => cancellation.Token;

    public ServedFunction Function => slots.Function;

    /// <summary>The pipe that the body reads, when its input streams.</summary>
    public Pipe? Input { get; protected set; }

    /// <summary>The pipe that the body writes, when its output streams.</summary>
    public Pipe? Output { get; protected set; }

    /// <summary>Whether its body was not called, because it might not begin any more.</summary>
    public bool HasNotBegun { get; private set; }

    /// <summary>Whether bytes have to be moved while it runs.</summary>
    public bool IsStreaming => Input is not null || Output is not null;

    /// <summary>Decodes the input.</summary>
    /// <returns>Why it was refused, or null.</returns>
    public abstract InputError? ReadInput(in ReadOnlySequence<byte> body, string contentType, bool lenient);

    /// <summary>Encodes the result of a run that succeeded; one that cannot be encoded (NaN in JSON) is a failure of the function.</summary>
    public RunOutcome TryWriteOutput(IBufferWriter<byte> output)
    {
        try
        {
            WriteOutput(output);
            return new RunOutcome(RunEnd.Succeeded);
        }
        catch (Exception e)
        {
            return new RunOutcome(RunEnd.Failed, e);
        }
    }

    /// <summary>Starts the run.</summary>
    /// <param name="context">What the body sees.</param>
    /// <param name="timeout">When to cut it off.</param>
    /// <param name="caller">Fires when nobody wants the result any more.</param>
    /// <param name="inline">
    /// Whether the caller may go on on the body's thread when that ended without awaiting: without another hop, but before the slot is free.
    /// </param>
    public ValueTask<RunOutcome> StartAsync(FunctionContext context, TimeSpan timeout, CancellationToken caller, bool inline = false)
    {
        Context = context;
        answersInline = inline;
        HasNotBegun = false;
        activity = Activity.Current;
        done.Reset();
        var now = slots.Clock.GetTimestamp();
        Volatile.Write(ref startedAt, now);
        Volatile.Write(ref deadline, now + (long)(timeout.TotalSeconds * slots.Clock.TimestampFrequency));
        // Two hold the slot from here: the caller, who reads the result, and the body, which may outlive the caller.
        Volatile.Write(ref holders, 2);
        Volatile.Write(ref state, state + StateMask + 1 + Running);
        var version = done.Version;
        if (caller.CanBeCanceled)
            callerGone = caller.UnsafeRegister(static (run, _) => ((FunctionRun)run!).CutOff(RunEnd.Cancelled), this);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return new ValueTask<RunOutcome>(this, version);
    }

    /// <summary>Gives the slot back; to be called once, after the result was read or when the run was never started.</summary>
    public void Release()
    {
        if ((Volatile.Read(ref state) & StateMask) == Idle)
            Return();
        else
            Let();
    }

    /// <summary>Ends the run for the caller now; the body is told by its token.</summary>
    public void CutOff(RunEnd end) => CutOff(end, Volatile.Read(ref state));

    private void CutOff(RunEnd end, int seen)
    {
        // Taken before the end is told, after which the slot may belong to the next run.
        var (output, input, source) = (Output, Input, cancellation);
        if ((seen & StateMask) != Running || !TryEnd(new RunOutcome(end), seen, WasCutOff))
            return;
        // Whoever pumps the streams stops waiting for a body that may never answer.
        output?.Reader.CancelPendingRead();
        input?.Writer.CancelPendingFlush();
        // Not here: the body's callbacks are the user's code and may block.
        ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), source, preferLocal: false);
    }

    /// <summary>Cuts off a run past its deadline.</summary>
    public void Watch(long now)
    {
        var seen = Volatile.Read(ref state);
        if ((seen & StateMask) == Running && now >= Volatile.Read(ref deadline))
            CutOff(RunEnd.TimedOut, seen);
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Cut off before it began: a job that was cancelled then must not start. Nor must one of a silo that was stopped in between for so long
        // that others have taken over.
        if ((Volatile.Read(ref state) & StateMask) == WasCutOff || (HasNotBegun = !Context.MayBegin))
        {
            Finish(new RunOutcome(RunEnd.Cancelled));
            return;
        }

        if (activity is not null)
            Activity.Current = activity;
        ValueTask body;
        try
        {
            body = InvokeAsync();
        }
        catch (Exception e)
        {
            body = ValueTask.FromException(e);
        }

        if (body.IsCompletedSuccessfully)
            Finish(new RunOutcome(RunEnd.Succeeded), answersInline);
        else
            _ = FinishAsync(body);
    }

    RunOutcome IValueTaskSource<RunOutcome>.GetResult(short token) => done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<RunOutcome>.GetStatus(short token) => done.GetStatus(token);

    void IValueTaskSource<RunOutcome>.OnCompleted(
        Action<object?> continuation, object? continuationState, short token, ValueTaskSourceOnCompletedFlags flags) =>
        done.OnCompleted(continuation, continuationState, token, flags);

    /// <summary>Calls the body and keeps its result.</summary>
    protected abstract ValueTask InvokeAsync();

    /// <summary>Encodes the result.</summary>
    protected abstract void WriteOutput(IBufferWriter<byte> output);

    /// <summary>Forgets input and output.</summary>
    protected abstract void Clear();

    private async Task FinishAsync(ValueTask body)
    {
        try
        {
            await body;
            Finish(new RunOutcome(RunEnd.Succeeded));
        }
        catch (NotBegunException)
        {
            HasNotBegun = true;
            Finish(new RunOutcome(RunEnd.Cancelled));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Finish(new RunOutcome(RunEnd.Cancelled));
        }
        catch (Exception e)
        {
            Finish(new RunOutcome(RunEnd.Failed, e));
        }
    }

    private void Finish(RunOutcome outcome, bool inline = false)
    {
        // A body that failed has not closed its streams; whoever pumps them must not wait for ever.
        Output?.Writer.Complete();
        Input?.Reader.Complete();
        var seen = Volatile.Read(ref state);
        if ((seen & StateMask) != Running || !TryEnd(outcome, seen, Ended, inline))
            slots.EndedLate(slots.Clock.GetElapsedTime(startedAt), outcome);
        Let();
    }

    private bool TryEnd(RunOutcome outcome, int seen, int how, bool inline = false)
    {
        if (Interlocked.CompareExchange(ref state, (seen & ~StateMask) | how, seen) != seen)
            return false;
        var took = slots.Clock.GetElapsedTime(startedAt);
        slots.Function.Usage.Ended(outcome.Counted, took);
        HearthMetrics.Ran(slots.Function.Name, outcome.Counted, took);
        // Never where a run is cut off: whoever does that may hold a lock.
        done.RunContinuationsAsynchronously = !inline;
        done.SetResult(outcome);
        return true;
    }

    private void Let()
    {
        if (Interlocked.Decrement(ref holders) == 0)
            Return();
    }

    private void Return()
    {
        callerGone.Dispose();
        callerGone = default;
        Clear();
        Context = null!;
        activity = null;
        // The cancel that a cut-off queued may still be on its way, and must not meet the slot's next run.
        if ((state & StateMask) == WasCutOff || !cancellation.TryReset())
            cancellation = new CancellationTokenSource();
        Volatile.Write(ref state, state & ~StateMask);
        slots.Return(this);
    }
}
