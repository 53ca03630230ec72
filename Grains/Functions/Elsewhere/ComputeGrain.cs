using System.Buffers;
using Hearth.Cluster;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;
using Orleans.Concurrency;

namespace Hearth.Functions;

/// <summary>Runs what another silo was called for: (1) take a slot, (2) read the input, (3) run, (4) write the result.</summary>
[Reentrant]
[SiloPlacement]
internal sealed class ComputeGrain(FunctionRegistry registry) : Grain, IComputeGrain
{
    public async Task<ComputeResult> CallAsync(ComputeCall call, CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        if (registry.Find(key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]) is not { } function)
            return new ComputeResult(ComputeEnd.NotServed);
        if (function.Slots.TryTake() is not { } run)
        {
            function.Usage.Refused();
            return new ComputeResult(ComputeEnd.Busy);
        }

        try
        {
            return run.ReadInput(new ReadOnlySequence<byte>(call.Input), call.ContentType, call.Lenient) is { } refused
                ? new ComputeResult(refused.Malformed ? ComputeEnd.Malformed : ComputeEnd.Invalid, Error: refused.Detail, Field: refused.Field)
                : await RunAsync(function, run, call, cancellationToken);
        }
        finally
        {
            run.Release();
        }
    }

    private static async Task<ComputeResult> RunAsync(ServedFunction function, FunctionRun run, ComputeCall call, CancellationToken cancellationToken)
    {
        var context = function.CreateContext(call.ContentType, call.Parameters);
        var ended = run.StartAsync(context, function.Options.Timeout, cancellationToken);
        var bytesMax = Math.Min(function.Output.BytesMax, ComputeCall.BytesMax);
        var copying = RunPump.CopyInputAsync(run, call.Input);
        var (output, isTooLarge) = run.Output is null ? ([], false) : await RunPump.ReadAllAsync(run, bytesMax);
        await copying;
        var outcome = await ended;
        var written = new ArrayBufferWriter<byte>();
        if (outcome.End == RunEnd.Succeeded && run.Output is null && function.Output.Kind != PayloadKind.None)
            outcome = run.TryWriteOutput(written);
        if (isTooLarge || written.WrittenCount > bytesMax)
            return new ComputeResult(ComputeEnd.TooLarge);
        if (outcome.End != RunEnd.Succeeded)
            return Failed(function, outcome);
        var result = run.Output is null ? written.WrittenMemory : output;
        function.Usage.Moved(call.Input.Length, result.Length);
        return new ComputeResult(
            ComputeEnd.Succeeded, result, function.Output.Kind == PayloadKind.None ? null : context.ResultContentType);
    }

    private static ComputeResult Failed(ServedFunction function, RunOutcome outcome)
    {
        if (outcome.Error is { } error)
            FunctionLog.Failed(function.Logger, function.Name, error);
        var end = outcome.End switch
        {
            RunEnd.TimedOut => ComputeEnd.TimedOut,
            RunEnd.Cancelled => ComputeEnd.Cancelled,
            _ => ComputeEnd.Failed,
        };
        return new ComputeResult(end, Error: RunErrors.Describe(function, outcome), RetryAfter: (outcome.Error as FunctionOutcomeException)?.Wait);
    }
}
