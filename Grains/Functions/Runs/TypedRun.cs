using System.Buffers;
using System.IO.Pipelines;
using Hearth.Functions.Payloads;

namespace Hearth.Functions.Runs;

/// <summary>What a function does, whatever its author wrote: delegate, class or executable.</summary>
internal delegate ValueTask<TOut> FunctionBody<in TIn, TOut>(
    TIn input, Stream? output, FunctionContext context, CancellationToken cancellationToken);

/// <summary>A run of a function from <typeparamref name="TIn"/> to <typeparamref name="TOut"/>; no boxing, nothing allocated here.</summary>
internal sealed class TypedRun<TIn, TOut>(FunctionSlots slots, TypedFunction<TIn, TOut> typed) : FunctionRun(slots)
{
    private TIn input = default!;
    private TOut output = default!;

    public override InputError? ReadInput(in ReadOnlySequence<byte> body, string contentType, bool lenient) =>
        typed.Reader(body, contentType, lenient, out input);

    protected override void WriteOutput(IBufferWriter<byte> output) => typed.Writer(this.output, output);

    protected override ValueTask InvokeAsync()
    {
        var result = typed.Body(input, null, Context, CancellationToken);
        if (!result.IsCompletedSuccessfully)
            return KeepAsync(result);
        output = result.GetAwaiter().GetResult();
        return ValueTask.CompletedTask;
    }

    protected override void Clear()
    {
        input = default!;
        output = default!;
    }

    private async ValueTask KeepAsync(ValueTask<TOut> result) => output = await result;
}

/// <summary>A run whose input, and perhaps output, is a stream: bytes go through pipes that outlive a caller who has gone.</summary>
internal sealed class StreamRun<TOut>(FunctionSlots slots, TypedFunction<Stream, TOut> typed, bool streamsOutput) : FunctionRun(slots)
{
    private static readonly PipeOptions Bounds = new(pauseWriterThreshold: 256 * 1024, resumeWriterThreshold: 128 * 1024, useSynchronizationContext: false);

    private TOut output = default!;

    public override InputError? ReadInput(in ReadOnlySequence<byte> body, string contentType, bool lenient)
    {
        Input = new Pipe(Bounds);
        Output = streamsOutput ? new Pipe(Bounds) : null;
        return null;
    }

    protected override void WriteOutput(IBufferWriter<byte> output) => typed.Writer(this.output, output);

    protected override async ValueTask InvokeAsync()
    {
        await using var from = Input!.Reader.AsStream();
        await using var to = Output?.Writer.AsStream(leaveOpen: true);
        output = await typed.Body(from, to, Context, CancellationToken);
    }

    protected override void Clear()
    {
        output = default!;
        Input = null;
        Output = null;
    }
}
