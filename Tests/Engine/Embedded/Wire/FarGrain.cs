using System.Collections.Concurrent;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Hearth.Tests.Engine.Embedded.Wire;

public interface IFarGrain : IGrainWithStringKey
{
    Task<string> Home();
    Task<object?> Echo(object? value);
    Task<Many> EchoMany(Many many);
    Task<Nested> EchoNested(Nested nested);
    ValueTask<Shape> EchoShape(Shape shape);
    Task<RingNode[]> EchoRing(RingNode[] nodes);
    Task<MixedBox> EchoBox(MixedBox box);
    Task<IReadOnlyCollection<string>> EchoNames([Immutable] IReadOnlyCollection<string> names);
    Task<byte[]> EchoBytes([Immutable] byte[] bytes);
    Task<IFarGrain> Itself();
    Task<string> HomeOf(IFarGrain other);
    Task<string?> Context(string name);
    Task Throw(string kind);
    Task<int> Count();
    Task PassGate(string gate);
    Task WaitForever(string gate, CancellationToken cancellation);
    [ResponseTimeout("00:00:01")]
    Task PassGateQuickly(string gate);
    [OneWay]
    Task Note(int number);
    Task NoteAndWait(int number);
    Task<int[]> Notes();
    Task Move();
    Task<object> Unsendable();
    Task<string> CallBack(string key);
    ValueTask Reenter(string otherKey);
    ValueTask<int> Add(int number);
    Task<TestEnum> EchoEnum(TestEnum value);
}

public enum TestEnum : byte
{
    First = 1,
    Second = 200,
}

[Far]
public sealed class FarGrain(Orleans.Embedded.IGrainLocator locator) : Grain, IFarGrain
{
    private static readonly ConcurrentDictionary<string, int> s_living = new();
    private readonly List<int> _notes = [];
    private int _count;

    /// <summary>The most activations that a key has had at once, over all silos of the process.</summary>
    public static ConcurrentDictionary<string, int> MostAtOnce { get; } = new();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var living = s_living.AddOrUpdate(this.GetPrimaryKeyString(), 1, (_, n) => n + 1);
        MostAtOnce.AddOrUpdate(this.GetPrimaryKeyString(), living, (_, most) => Math.Max(most, living));
        await Task.Yield();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Long enough for a second one to begin if nothing kept it from that.
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        s_living.AddOrUpdate(this.GetPrimaryKeyString(), 0, (_, n) => n - 1);
    }

    public Task<string> Home() => Task.FromResult(locator.Self);
    public Task<object?> Echo(object? value) => Task.FromResult(value);
    public Task<Many> EchoMany(Many many) => Task.FromResult(many);
    public Task<Nested> EchoNested(Nested nested) => Task.FromResult(nested);
    public ValueTask<Shape> EchoShape(Shape shape) => new(shape);
    public Task<RingNode[]> EchoRing(RingNode[] nodes) => Task.FromResult(nodes);
    public Task<MixedBox> EchoBox(MixedBox box) => Task.FromResult(box);
    public Task<IReadOnlyCollection<string>> EchoNames(IReadOnlyCollection<string> names) => Task.FromResult(names);
    public Task<byte[]> EchoBytes(byte[] bytes) => Task.FromResult(bytes);
    public Task<IFarGrain> Itself() => Task.FromResult<IFarGrain>(this);
    public Task<string> HomeOf(IFarGrain other) => other.Home();
    public Task<string?> Context(string name) => Task.FromResult(RequestContext.Get(name) as string);
    public Task<int> Count() => Task.FromResult(++_count);
    public Task PassGate(string gate) => Gate.Of(gate).PassAsync();
    public Task PassGateQuickly(string gate) => Gate.Of(gate).PassAsync();
    public Task<int[]> Notes() => Task.FromResult(_notes.ToArray());
    public Task<object> Unsendable() => Task.FromResult<object>(new System.Text.StringBuilder());
    public Task<string> CallBack(string key) => GrainFactory.GetGrain<IFarGrain>(key).Home();
    public Task<TestEnum> EchoEnum(TestEnum value) => Task.FromResult(value);
    public ValueTask<int> Add(int number) => new(number + 1);

    public async ValueTask Reenter(string otherKey)
    {
        using var section = RequestContext.AllowCallChainReentrancy();
        await GrainFactory.GetGrain<IFarGrain>(otherKey).CallBack(this.GetPrimaryKeyString());
    }

    public Task Note(int number)
    {
        _notes.Add(number);
        return Task.CompletedTask;
    }

    public Task NoteAndWait(int number) => Note(number);

    public Task Move()
    {
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    public Task Throw(string kind) => throw (kind switch
    {
        "format" => new FormatException("bad", new TimeoutException("inner")),
        "argument" => new ArgumentException("wrong", nameof(kind)),
        "marked" => new MarkedException("marked", 42),
        "odd" => new OddException(7, "x"),
        _ => new InvalidOperationException(kind),
    });

    public async Task WaitForever(string gate, CancellationToken cancellation)
    {
        var arrived = Gate.Of(gate).PassAsync();
        try
        {
            await arrived.WaitAsync(cancellation);
        }
        finally
        {
            _ = Gate.Of($"{gate}-cancelled").PassAsync();
        }
    }
}

[GenerateSerializer]
public sealed class MarkedException(string message, int number) : Exception(message)
{
    [Id(0)]
    public int Number { get; } = number;
}

/// <summary>Cannot be made from a message.</summary>
public sealed class OddException(int a, string b) : Exception($"{a}{b}");
