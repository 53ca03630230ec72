using System.Buffers;
using Hearth.Functions.Payloads;

namespace Hearth.Objects.Operations;

/// <summary>What an author's delegate does, whatever its shape.</summary>
internal delegate ValueTask<TResult> OperationBody<in TState, in TIn, TResult>(
    TState state, TIn input, ObjectContext context, CancellationToken cancellationToken);

/// <summary>An operation whose delegate gives a <typeparamref name="TResult"/>: the output, the new state, or both.</summary>
internal sealed class TypedOperation<TState, TIn, TResult, TOut> : ObjectOperation
    where TState : class, new()
{
    private readonly StateJson<TState> states;
    private readonly OperationBody<TState, TIn, TResult> body;
    private readonly Func<TState, TResult, TState> stateOf;
    private readonly Func<TResult, TOut> outputOf;
    private readonly InputReader<TIn> reader = InputReaders.For<TIn>();
    private readonly OutputWriter<TOut> writer = OutputWriters.For<TOut>();

    public TypedOperation(
        StateJson<TState> states, OperationBody<TState, TIn, TResult> body, Func<TState, TResult, TState> stateOf, Func<TResult, TOut> outputOf)
    {
        (this.states, this.body, this.stateOf, this.outputOf) = (states, body, stateOf, outputOf);
        var (taken, given) = (Shapes.KindOf(typeof(TIn)), Shapes.KindOf(typeof(TOut)));
        Input = new PayloadShape(
            taken, Shapes.ContentTypes(taken), ObjectOptions.InputBytesMax, Shapes.SchemaOf(taken, typeof(TIn)), Shapes.Example(taken, typeof(TIn), given: null));
        Output = new PayloadShape(
            given, Shapes.IsRaw(given) ? [MediaTypes.Bytes] : Shapes.ContentTypes(given), ObjectOptions.OutputBytesMax, Shapes.SchemaOf(given, typeof(TOut)));
    }

    public override PayloadShape Input { get; }

    public override PayloadShape Output { get; }

    public override async Task<OperationResult> RunAsync(
        ReadOnlyMemory<byte> state, ObjectCall call, ObjectContext context, CancellationToken cancellationToken)
    {
        if (reader(new ReadOnlySequence<byte>(call.Input), call.ContentType, call.Lenient, out var input) is { } refused)
            return new(new ObjectAnswer(refused.Malformed ? ObjectEnd.Malformed : ObjectEnd.Invalid, Detail: refused.Detail, Field: refused.Field));
        var copy = states.Read(state.Span);
        var result = await body(copy, input, context, cancellationToken);
        byte[]? next = null;
        if (!IsRead && (next = states.Write(stateOf(copy, result))) is null)
            return new(new ObjectAnswer(ObjectEnd.StateTooLarge));
        return Answer(outputOf(result), next);
    }

    private OperationResult Answer(TOut output, byte[]? next)
    {
        if (Output.Kind == PayloadKind.None)
            return new(new ObjectAnswer(ObjectEnd.Succeeded), next);
        var bytes = new ArrayBufferWriter<byte>();
        writer(output, bytes);
        return bytes.WrittenCount > ObjectOptions.OutputBytesMax
            ? new(new ObjectAnswer(ObjectEnd.OutputTooLarge))
            : new(new ObjectAnswer(ObjectEnd.Succeeded, bytes.WrittenMemory, Shapes.IsRaw(Output.Kind) ? MediaTypes.Bytes : MediaTypes.Json), next);
    }
}
