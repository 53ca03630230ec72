using System.Buffers;
using Hearth.Functions.Payloads;
using Hearth.Functions.Runs;
using Hearth.Jobs;
using Microsoft.Extensions.Logging;

namespace Hearth.Functions;

/// <summary>A function as it is served: its options, shapes, slots and usage. Replaced whole when its definition changes.</summary>
internal abstract class ServedFunction
{
    protected ServedFunction(string name, FunctionOptions options, FunctionHost host)
    {
        Name = name;
        Options = options;
        Logger = host.Loggers.CreateLogger("Hearth.Functions." + name);
        Connections = host.ConnectionsOf(name, options);
        Slots = new FunctionSlots(this, options.Concurrency, host.Clock, Logger);
        Clock = host.Clock;
    }

    public string Name { get; }

    public FunctionOptions Options { get; }

    public ILogger Logger { get; }

    public TimeProvider Clock { get; }

    public FunctionSlots Slots { get; }

    public FunctionUsage Usage { get; } = new();

    public abstract PayloadShape Input { get; }

    public abstract PayloadShape Output { get; }

    /// <summary>Where it came from: "code", or the manifest's file name.</summary>
    public string Source { get; init; } = "code";

    /// <summary>Whether no silo runs it (<see cref="ExternalFunction"/>).</summary>
    public bool IsExternal { get; init; }

    private IReadOnlyDictionary<string, string> Connections { get; }

    public abstract FunctionRun CreateRun(FunctionSlots slots);

    /// <summary>Decodes an input without running anything.</summary>
    public abstract InputError? CheckInput(in ReadOnlySequence<byte> body, string contentType, bool lenient);

    public FunctionContext CreateContext(
        string contentType, IReadOnlyDictionary<string, string> parameters, JobId? job = null, int attempt = 1, long epoch = 0,
        TimeSpan? timeout = null, IRunHost? host = null, string? traceParent = null) => new()
    {
        Function = Name,
        Version = Options.Version,
        Job = job,
        Attempt = attempt,
        Epoch = epoch,
        Parameters = parameters,
        ContentType = contentType,
        ResultContentType = Output.Kind is PayloadKind.Bytes or PayloadKind.Stream ? Options.OutputContentType : MediaTypes.Json,
        Deadline = Clock.GetUtcNow() + (timeout ?? Options.Timeout),
        Logger = Logger,
        Connections = Connections,
        Host = host,
        TraceParent = traceParent,
    };
}

/// <summary>A function from <typeparamref name="TIn"/> to <typeparamref name="TOut"/>.</summary>
internal sealed class TypedFunction<TIn, TOut> : ServedFunction
{
    private const long TypedInputMax = 1 << 20;
    private const long TextInputMax = 16 << 20;
    private const long TypedOutputMax = 16 << 20;
    private const long RawInputMax = 64 << 20;
    private const long RawOutputMax = 256 << 20;

    private readonly bool streamsOutput;

    public TypedFunction(string name, FunctionOptions options, FunctionHost host, FunctionBody<TIn, TOut> body, bool streamsOutput = false)
        : base(name, options, host)
    {
        Body = body;
        if (options.CacheFor is not null && (typeof(TIn) == typeof(Stream) || streamsOutput))
            throw new InvalidOperationException($"Function '{name}': cacheFor is for functions that do not stream.");
        this.streamsOutput = streamsOutput;
        var streamsInput = typeof(TIn) == typeof(Stream);
        Reader = streamsInput ? null! : InputReaders.For<TIn>();
        Writer = OutputWriters.For<TOut>();
        var taken = Shapes.KindOf(typeof(TIn));
        var given = streamsOutput ? PayloadKind.Stream : Shapes.KindOf(typeof(TOut));
        Input = new PayloadShape(
            taken, Shapes.IsRaw(taken) ? [.. options.InputContentTypes] : Shapes.ContentTypes(taken),
            options.InputBytesMax ?? (Shapes.IsRaw(taken) ? RawInputMax : taken == PayloadKind.Text ? TextInputMax : TypedInputMax),
            Shapes.SchemaOf(taken, typeof(TIn)), Shapes.Example(taken, typeof(TIn), options.Example));
        Output = new PayloadShape(
            given, Shapes.IsRaw(given) ? [options.OutputContentType] : Shapes.ContentTypes(given),
            options.OutputBytesMax ?? (Shapes.IsRaw(given) ? RawOutputMax : TypedOutputMax),
            Shapes.SchemaOf(given, typeof(TOut)));
    }

    public FunctionBody<TIn, TOut> Body { get; }

    public InputReader<TIn> Reader { get; }

    public OutputWriter<TOut> Writer { get; }

    public override PayloadShape Input { get; }

    public override PayloadShape Output { get; }

    public override InputError? CheckInput(in ReadOnlySequence<byte> body, string contentType, bool lenient) =>
        typeof(TIn) == typeof(Stream) ? null : Reader(body, contentType, lenient, out _);

    public override FunctionRun CreateRun(FunctionSlots slots) => this is TypedFunction<Stream, TOut> streaming
        ? new StreamRun<TOut>(slots, streaming, streamsOutput)
        : new TypedRun<TIn, TOut>(slots, this);
}
