using System.Buffers;
using System.IO.Pipelines;
using Hearth.Functions;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>Runs one attempt of a job on this silo, straight through the function's runner, and tells how it ended.</summary>
internal sealed partial class JobRunner(FunctionRegistry registry, TimeProvider clock, ILogger<JobRunner> logger)
{
    public bool IsServed(string name) => registry.Find(name) is not null;

    /// <summary>Waits until a function is served: a manifest may come late, or come back.</summary>
    public async Task<ServedFunction> ServedAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            void Wake() => changed.TrySetResult();
            registry.Changed += Wake;
            try
            {
                if (registry.Find(name) is { } function)
                    return function;
                await changed.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                registry.Changed -= Wake;
            }
        }
    }

    /// <summary>Waits for a slot of the function, then begins and runs.</summary>
    /// <param name="id">The job.</param>
    /// <param name="name">The function.</param>
    /// <param name="attempt">Which try this is.</param>
    /// <param name="beginAsync">Puts the start on record and answers what is to run; null when there is nothing to do.</param>
    /// <param name="stopping">Fires when the silo stops: the run then throws, and has no end.</param>
    public async Task<JobEnd?> RunAsync(JobId id, string name, int attempt, Func<Task<JobSpec?>> beginAsync, CancellationToken stopping)
    {
        var function = await ServedAsync(name, stopping);
        var run = await function.Slots.TakeAsync(stopping);
        try
        {
            // A run that the stop cut off may have handed its slot on before this one heard of the stop.
            stopping.ThrowIfCancellationRequested();
            if (await beginAsync() is not { } job)
                return null;
            var started = clock.GetUtcNow();
            var input = new ReadOnlySequence<byte>(job.Input);
            if (run.ReadInput(input, job.ContentType, job.Lenient) is { } refused)
                return Failed(id, refused.Detail, started);
            var context = function.CreateContext(job.ContentType, job.Parameters, id.ToString(), attempt);
            var ended = run.StartAsync(context, function.Options.Timeout, stopping).AsTask();
            var bytesMax = Math.Min(function.Output.BytesMax, JobSpec.InputBytesMax);
            var (result, isTooLarge, outcome) = await CollectAsync(run, input, ended, bytesMax);
            stopping.ThrowIfCancellationRequested();
            if (isTooLarge)
                return Failed(id, $"The result is larger than {bytesMax} bytes.", started);
            if (outcome.End != RunEnd.Succeeded)
            {
                LogFailed(logger, id, function.Name, outcome.End, outcome.Error is FunctionException ? null : outcome.Error);
                return Failed(id, RunErrors.Describe(function, outcome), started);
            }

            function.Usage.Moved(input.Length, result.Length);
            var contentType = function.Output.Kind == PayloadKind.None ? null : context.ResultContentType;
            return new JobEnd(id, JobState.Succeeded, result, contentType, null, started, clock.GetUtcNow());
        }
        finally
        {
            run.Release();
        }
    }

    private static async Task<(byte[] Result, bool IsTooLarge, RunOutcome Outcome)> CollectAsync(
        FunctionRun run, ReadOnlySequence<byte> input, Task<RunOutcome> ended, long bytesMax)
    {
        var copying = run.Input is { } pipe
            ? RunPump.CopyInputAsync(PipeReader.Create(input), pipe.Writer, long.MaxValue, CancellationToken.None)
            : Task.FromResult(0L);
        var (streamed, isTooLarge) = run.Output is null ? ([], false) : await RunPump.ReadAllAsync(run, bytesMax);
        await copying;
        var outcome = await ended;
        if (run.Output is not null || outcome.End != RunEnd.Succeeded)
            return (streamed, isTooLarge, outcome);
        var buffer = new ArrayBufferWriter<byte>();
        outcome = run.TryWriteOutput(buffer);
        return (buffer.WrittenSpan.ToArray(), buffer.WrittenCount > bytesMax, outcome);
    }

    private JobEnd Failed(JobId id, string error, DateTimeOffset started) =>
        new(id, JobState.Failed, ReadOnlyMemory<byte>.Empty, null, error, started, clock.GetUtcNow());

    [LoggerMessage(LogLevel.Information, "Job {Job} of function {Function} did not succeed ({End})")]
    private static partial void LogFailed(ILogger logger, JobId job, string function, RunEnd end, Exception? error);
}
