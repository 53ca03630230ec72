using System.Buffers;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;
using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>Runs one attempt of a job on this silo, straight through the function's runner, and tells how it went.</summary>
internal sealed partial class JobRunner(FunctionRegistry registry, IJobStore store, ILogger<JobRunner> logger)
{
    private const int EncodedKept = 64 << 10;

    /// <summary>The functions that are run here now.</summary>
    public IEnumerable<ServedFunction> Served => registry.All.Values.Where(f => !f.IsExternal);

    /// <summary>Raised after the served functions have changed.</summary>
    public event Action? Changed
    {
        add => registry.Changed += value;
        remove => registry.Changed -= value;
    }

    public ServedFunction? Find(string name) => registry.Find(name);

    /// <summary>Waits until a function is served and run here: a manifest may come late, or come back.</summary>
    public async Task<ServedFunction> ServedAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            void Wake() => changed.TrySetResult();
            registry.Changed += Wake;
            try
            {
                if (registry.Find(name) is { IsExternal: false } function)
                    return function;
                LogNotServed(logger, name);
                await changed.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                registry.Changed -= Wake;
            }
        }
    }

    /// <summary>When an attempt starts or ends: now, on the store's clock.</summary>
    public DateTimeOffset Now => store.Now;

    /// <summary>
    /// Starts an attempt in a slot, which stays the caller's. When <paramref name="ended"/> completes, <see cref="Finish"/> has the result, or
    /// <see cref="StreamAsync"/> where the function streams. Never throws.
    /// </summary>
    /// <returns>The result of an attempt that could not start; null when it has.</returns>
    public JobResult? TryStart(
        in JobLease lease, FunctionRun run, IRunHost host, DateTimeOffset started, out ValueTask<RunOutcome> ended)
    {
        ended = default;
        try
        {
            var (function, job) = (run.Function, lease.Spec);
            if (run.ReadInput(new ReadOnlySequence<byte>(job.Input), job.ContentType, job.Options?.Lenient == true) is { } refused)
                return Failed(lease, run, started, AttemptOutcome.FailedForGood, refused.Detail, "invalid-input");
            var timeout = job.Options?.Timeout ?? function.Options.Timeout;
            var context = function.CreateContext(
                job.ContentType, job.Options?.Parameters ?? NoParameters, lease.Id, lease.Attempt, lease.Epoch, timeout,
                host, job.Options?.TraceParent);
            ended = run.StartAsync(context, timeout, CancellationToken.None, inline: true);
            return null;
        }
        catch (Exception e)
        {
            return Surprised(lease, run, started, e);
        }
    }

    /// <summary>The result of a run that has ended. Never throws.</summary>
    public JobResult Finish(in JobLease lease, FunctionRun run, DateTimeOffset started, in RunOutcome outcome)
    {
        try
        {
            var (result, isTooLarge, collected) = Collect(run, outcome, BytesMax(run));
            return Result(lease, run, started, result, isTooLarge, collected);
        }
        catch (Exception e)
        {
            return Surprised(lease, run, started, e);
        }
    }

    /// <summary>Moves the streams of a run that was started, and waits for its end. Never throws.</summary>
    public async Task<JobResult> StreamAsync(JobLease lease, FunctionRun run, DateTimeOffset started, ValueTask<RunOutcome> ended)
    {
        try
        {
            var bytesMax = BytesMax(run);
            var copying = RunPump.CopyInputAsync(run, lease.Spec.Input);
            var (streamed, isTooLarge) = run.Output is null ? ([], false) : await RunPump.ReadAllAsync(run, bytesMax);
            await copying;
            var outcome = await ended;
            if (run.Output is null)
                (streamed, isTooLarge, outcome) = Collect(run, outcome, bytesMax);
            return Result(lease, run, started, streamed, isTooLarge, outcome);
        }
        catch (Exception e)
        {
            return Surprised(lease, run, started, e);
        }
    }

    private static readonly Dictionary<string, string> NoParameters = [];

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? encoded;

    private static long BytesMax(FunctionRun run) => Math.Min(run.Function.Output.BytesMax, JobSpec.InputBytesMax);

    private static (byte[] Result, bool IsTooLarge, RunOutcome Outcome) Collect(FunctionRun run, RunOutcome outcome, long bytesMax)
    {
        if (outcome.End != RunEnd.Succeeded || run.Function.Output.Kind == PayloadKind.None)
            return ([], false, outcome);
        // Taken while it is used: encoding may call the user's code.
        var buffer = encoded ?? new ArrayBufferWriter<byte>();
        encoded = null;
        outcome = run.TryWriteOutput(buffer);
        var collected = (buffer.WrittenSpan.ToArray(), buffer.WrittenCount > bytesMax, outcome);
        buffer.ResetWrittenCount();
        if (buffer.Capacity <= EncodedKept)
            encoded = buffer;
        return collected;
    }

    private JobResult Result(
        in JobLease lease, FunctionRun run, DateTimeOffset started, byte[] result, bool isTooLarge, in RunOutcome outcome)
    {
        var function = run.Function;
        if (isTooLarge)
            return Failed(lease, run, started, AttemptOutcome.FailedForGood, $"The result is larger than {BytesMax(run)} bytes.", "too-large");
        if (outcome.End != RunEnd.Succeeded)
            return Failed(lease, run, started, outcome);
        function.Usage.Moved(lease.Spec.Input.Length, result.Length);
        var contentType = function.Output.Kind == PayloadKind.None ? null : run.Context.ResultContentType;
        return new JobResult(lease.Id, lease.Attempt, AttemptOutcome.Succeeded, started, store.Now, result, contentType);
    }

    private JobResult Surprised(in JobLease lease, FunctionRun run, DateTimeOffset started, Exception error)
    {
        LogSurprise(logger, lease.Id, error);
        return Failed(lease, run, started, AttemptOutcome.Failed, "The silo could not run the job; its log has the details.", "internal");
    }

    private JobResult Failed(in JobLease lease, FunctionRun run, DateTimeOffset started, in RunOutcome outcome)
    {
        if (outcome is { End: RunEnd.Failed, Error: FunctionOutcomeException wanted })
            return Wanted(lease, run, started, wanted);
        LogFailed(logger, lease.Id, lease.Attempt, run.Function.Name, outcome.End, outcome.Error is FunctionException ? null : outcome.Error);
        var type = outcome.End switch
        {
            RunEnd.TimedOut => "timeout",
            RunEnd.Cancelled => "cancelled",
            _ => outcome.Error?.GetType().Name ?? "failed",
        };
        return Failed(lease, run, started, AttemptOutcome.Failed, RunErrors.Describe(run.Function, outcome, lease.Spec.Options?.Timeout), type);
    }

    /// <summary>The function has said what is to become of the job.</summary>
    private JobResult Wanted(in JobLease lease, FunctionRun run, DateTimeOffset started, FunctionOutcomeException wanted)
    {
        LogWanted(logger, lease.Id, lease.Attempt, run.Function.Name, wanted.Verdict, wanted.Message);
        var (outcome, type) = wanted.Verdict switch
        {
            RunVerdict.Snooze => (AttemptOutcome.Snoozed, null),
            RunVerdict.Discard => (AttemptOutcome.Discarded, "discarded"),
            RunVerdict.FailForGood => (AttemptOutcome.FailedForGood, wanted.InnerException?.GetType().Name ?? "failed"),
            _ => (AttemptOutcome.Failed, wanted.InnerException?.GetType().Name ?? "failed"),
        };
        var result = Failed(lease, run, started, outcome, wanted.Message, type);
        return wanted.Wait is { } wait ? result with { Extras = result.Extras! with { Wait = wait, BackOff = wanted.BackOff } } : result;
    }

    private JobResult Failed(in JobLease lease, FunctionRun run, DateTimeOffset started, AttemptOutcome outcome, string error, string? type) => new(
        lease.Id, lease.Attempt, outcome, started, store.Now,
        Error: error.Length <= JobLimits.ErrorLengthMax ? error : error[..JobLimits.ErrorLengthMax], ErrorType: type,
        Extras: new AttemptExtras(Retry: lease.Spec.Options?.Retry ?? run.Function.Options.Retry));

    [LoggerMessage(LogLevel.Warning, "Jobs wait: function {Function} is not served here now")]
    private static partial void LogNotServed(ILogger logger, string function);

    [LoggerMessage(LogLevel.Error, "Job {Job} could not be run")]
    private static partial void LogSurprise(ILogger logger, JobId job, Exception error);

    [LoggerMessage(LogLevel.Information, "Attempt {Attempt} of job {Job} of function {Function} asks for another end ({Verdict}): {Reason}")]
    private static partial void LogWanted(ILogger logger, JobId job, int attempt, string function, RunVerdict verdict, string reason);

    [LoggerMessage(LogLevel.Information, "Attempt {Attempt} of job {Job} of function {Function} did not succeed ({End})")]
    private static partial void LogFailed(ILogger logger, JobId job, int attempt, string function, RunEnd end, Exception? error);
}
