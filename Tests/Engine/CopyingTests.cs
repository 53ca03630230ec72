using System.Collections.Immutable;
using Hearth.Tests.Support;
using Orleans;
using Orleans.Concurrency;

namespace Hearth.Tests.Engine;

public sealed class CopyingTests
{
    [Fact]
    public async Task Arguments_and_results_are_copies()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IKeeperGrain>("copies");
        var list = new List<int> { 1 };
        await grain.Keep(list);
        list.Add(2);
        var kept = await grain.Kept();
        Assert.Equal([1], kept);
        kept.Add(3);
        Assert.Equal([1], await grain.Kept());
    }

    [Fact]
    public async Task What_is_promised_immutable_is_shared()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IKeeperGrain>("shared");
        var bytes = new byte[] { 1, 2, 3 };
        Assert.Same(bytes, (await grain.Echo(bytes.AsImmutable())).Value);
        var marked = new FrozenBox { Value = [1] };
        Assert.Same(marked, await grain.EchoMarked(marked));
    }

    [Fact]
    public async Task Members_with_an_id_are_copied_private_and_read_only_ones_too()
    {
        await using var cluster = await TestCluster.StartAsync();
        var box = new MixedBox("secret", [1, 2]) { Name = "n", Inner = new(7, ["x"]), NotAMember = [9] };
        var copy = await cluster.Grains.GetGrain<IKeeperGrain>("members").EchoBox(box);
        Assert.NotSame(box, copy);
        Assert.Equal("secret", copy.Secret);
        Assert.Equal([1, 2], copy.Numbers);
        Assert.NotSame(box.Numbers, copy.Numbers);
        Assert.Equal("n", copy.Name);
        Assert.Equal(7, copy.Inner!.Id);
        Assert.NotSame(box.Inner.Tags, copy.Inner.Tags);
        Assert.Null(copy.NotAMember);
    }

    [Fact]
    public async Task Shared_objects_stay_shared_and_cycles_end()
    {
        await using var cluster = await TestCluster.StartAsync();
        var node = new RingNode { Label = "one" };
        node.Next = new RingNode { Label = "two", Next = node };
        var copy = await cluster.Grains.GetGrain<IKeeperGrain>("ring").EchoRing([node, node]);
        Assert.Same(copy[0], copy[1]);
        Assert.NotSame(node, copy[0]);
        Assert.Same(copy[0], copy[0].Next!.Next);
    }

    [Fact]
    public async Task Collections_of_the_base_library_are_copied_deeply()
    {
        await using var cluster = await TestCluster.StartAsync();
        var bytes = new byte[] { 1, 2 };
        var many = new Many
        {
            Map = new(StringComparer.OrdinalIgnoreCase) { ["A"] = [1] },
            Set = [1, 2],
            Pair = (new List<int> { 1 }, "x"),
            Maybe = 5,
            Bytes = bytes,
            Frozen = [1, 2],
            Anything = new List<string> { "boxed" },
            Sequence = new[] { "a" },
        };
        var copy = await cluster.Grains.GetGrain<IKeeperGrain>("many").EchoMany(many);
        Assert.Equal([1], copy.Map!["a"]);
        Assert.NotSame(many.Map["A"], copy.Map["A"]);
        Assert.Equal(many.Set, copy.Set);
        Assert.NotSame(many.Pair.Item1, copy.Pair.Item1);
        Assert.Equal(5, copy.Maybe);
        bytes[0] = 9;
        Assert.Equal([1, 2], copy.Bytes.ToArray());
        Assert.Equal(many.Frozen, copy.Frozen);
        Assert.NotSame(many.Anything, copy.Anything);
        Assert.Equal(["boxed"], Assert.IsType<List<string>>(copy.Anything));
        Assert.Equal(["a"], copy.Sequence);
    }

    [Fact]
    public async Task What_collections_hold_is_copied_too_in_its_order()
    {
        await using var cluster = await TestCluster.StartAsync();
        var nested = new Nested
        {
            Arrays = [[1], [2]],
            Lists = [[1], [2]],
            Sorted = new() { ["b"] = [2], ["a"] = [1] },
            Queue = new([[1], [2]]),
            Stack = new([[1], [2]]),
            Immutables = [new List<int> { 1 }],
            Memory = new byte[] { 1 },
        };
        var copy = await cluster.Grains.GetGrain<IKeeperGrain>("nested").EchoNested(nested);
        Assert.Equal(nested.Arrays, copy.Arrays);
        Assert.NotSame(nested.Arrays[0], copy.Arrays[0]);
        Assert.Equal(nested.Lists, copy.Lists);
        Assert.NotSame(nested.Lists[0], copy.Lists[0]);
        Assert.Equal(nested.Sorted, copy.Sorted);
        Assert.NotSame(nested.Sorted["a"], copy.Sorted["a"]);
        Assert.Equal(nested.Queue, copy.Queue);
        Assert.NotSame(nested.Queue.Peek(), copy.Queue.Peek());
        Assert.Equal(nested.Stack, copy.Stack);
        Assert.NotSame(nested.Stack.Peek(), copy.Stack.Peek());
        Assert.Equal(nested.Immutables[0], copy.Immutables[0]);
        Assert.NotSame(nested.Immutables[0], copy.Immutables[0]);
        nested.Memory.Span[0] = 2;
        Assert.Equal(1, copy.Memory.Span[0]);
    }

    [Fact]
    public async Task A_copied_stack_has_the_same_top()
    {
        await using var cluster = await TestCluster.StartAsync();
        // One way only: two wrong copies would undo each other.
        Assert.Equal(2, await cluster.Grains.GetGrain<IKeeperGrain>("stack").Top(new Stack<int>([1, 2])));
    }

    [Fact]
    public async Task Parameters_and_members_promised_immutable_are_shared()
    {
        await using var cluster = await TestCluster.StartAsync();
        var bytes = new byte[] { 1 };
        Assert.Same(bytes, (await cluster.Grains.GetGrain<IKeeperGrain>("promised").Wrap(bytes)).Bytes);
    }

    [Fact]
    public async Task A_member_that_can_be_set_makes_a_value_one_to_copy()
    {
        await using var cluster = await TestCluster.StartAsync();
        var settable = new Settable { Number = 1 };
        var copy = await cluster.Grains.GetGrain<IKeeperGrain>("settable").EchoSettable(settable);
        Assert.NotSame(settable, copy);
        Assert.Equal(1, copy.Number);
    }

    [Fact]
    public async Task Results_of_a_ValueTask_are_copies()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IKeeperGrain>("value-task");
        await grain.Keep([1]);
        (await grain.KeptAtOnce()).Add(2);
        Assert.Equal([1], await grain.Kept());
    }

    [Fact]
    public async Task A_derived_object_stays_what_it_is()
    {
        await using var cluster = await TestCluster.StartAsync();
        var copy = await cluster.Grains.GetGrain<IKeeperGrain>("derived").EchoShape(new Circle { Name = "c", Radius = 3 });
        Assert.Equal(3, Assert.IsType<Circle>(copy).Radius);
        Assert.Equal("c", copy.Name);
    }

    [Fact]
    public async Task A_grain_hands_out_references_to_itself()
    {
        await using var cluster = await TestCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IKeeperGrain>("itself");
        Assert.Equal(grain, await grain.Itself());
        Assert.Equal([1], await (await grain.Itself()).KeepAndReturn([1]));
    }
}

public interface IKeeperGrain : IGrainWithStringKey
{
    Task Keep(List<int> list);
    Task<List<int>> Kept();
    Task<List<int>> KeepAndReturn(List<int> list);
    Task<Immutable<byte[]>> Echo(Immutable<byte[]> bytes);
    Task<FrozenBox> EchoMarked(FrozenBox box);
    Task<MixedBox> EchoBox(MixedBox box);
    Task<RingNode[]> EchoRing(RingNode[] nodes);
    Task<Many> EchoMany(Many many);
    ValueTask<Shape> EchoShape(Shape shape);
    Task<IKeeperGrain> Itself();
    Task<Nested> EchoNested(Nested nested);
    Task<Wrapped> Wrap([Immutable] byte[] bytes);
    ValueTask<Settable> EchoSettable(Settable settable);
    ValueTask<List<int>> KeptAtOnce();
    Task<int> Top(Stack<int> stack);
}

public sealed class KeeperGrain : Grain, IKeeperGrain
{
    private List<int> _kept = [];

    public Task Keep(List<int> list)
    {
        _kept = list;
        return Task.CompletedTask;
    }

    public Task<List<int>> Kept() => Task.FromResult(_kept);

    public Task<List<int>> KeepAndReturn(List<int> list)
    {
        _kept = list;
        return Task.FromResult(list);
    }

    public Task<Immutable<byte[]>> Echo(Immutable<byte[]> bytes) => Task.FromResult(bytes);
    public Task<FrozenBox> EchoMarked(FrozenBox box) => Task.FromResult(box);
    public Task<MixedBox> EchoBox(MixedBox box) => Task.FromResult(box);
    public Task<RingNode[]> EchoRing(RingNode[] nodes) => Task.FromResult(nodes);
    public Task<Many> EchoMany(Many many) => Task.FromResult(many);
    public ValueTask<Shape> EchoShape(Shape shape) => new(shape);
    public Task<Nested> EchoNested(Nested nested) => Task.FromResult(nested);
    public Task<Wrapped> Wrap(byte[] bytes) => Task.FromResult(new Wrapped { Bytes = bytes });
    public ValueTask<Settable> EchoSettable(Settable settable) => new(settable);
    public ValueTask<List<int>> KeptAtOnce() => new(_kept);
    public Task<int> Top(Stack<int> stack) => Task.FromResult(stack.Peek());
    public Task<IKeeperGrain> Itself() => Task.FromResult<IKeeperGrain>(this);
}

[GenerateSerializer, Immutable]
public sealed class FrozenBox
{
    [Id(0)]
    public int[] Value { get; init; } = [];
}

[GenerateSerializer]
public sealed class MixedBox(string secret, int[] numbers)
{
    [Id(0)]
    private readonly string _secret = secret;

    [Id(1)]
    private readonly int[] _numbers = numbers;

    public string Secret => _secret;
    public int[] Numbers => _numbers;

    [Id(2)]
    public string? Name { get; set; }

    [Id(3)]
    public Tagged? Inner { get; init; }

    [field: NonSerialized]
    public int[]? NotAMember { get; set; }
}

[GenerateSerializer]
public sealed record Tagged(int Id, List<string> Tags);

[GenerateSerializer]
public sealed class RingNode
{
    [Id(0)]
    public string Label { get; set; } = "";

    [Id(1)]
    public RingNode? Next { get; set; }
}

[GenerateSerializer]
public sealed class Many
{
    [Id(0)]
    public Dictionary<string, int[]>? Map { get; set; }

    [Id(1)]
    public HashSet<int>? Set { get; set; }

    [Id(2)]
    public (List<int>, string) Pair { get; set; }

    [Id(3)]
    public int? Maybe { get; set; }

    [Id(4)]
    public ReadOnlyMemory<byte> Bytes { get; set; }

    [Id(5)]
    public ImmutableArray<int> Frozen { get; set; }

    [Id(6)]
    public object? Anything { get; set; }

    [Id(7)]
    public IReadOnlyList<string> Sequence { get; set; } = [];
}

[GenerateSerializer]
public sealed class Nested
{
    [Id(0)]
    public int[][] Arrays { get; set; } = [];

    [Id(1)]
    public List<List<int>> Lists { get; set; } = [];

    [Id(2)]
    public SortedDictionary<string, List<int>> Sorted { get; set; } = [];

    [Id(3)]
    public Queue<List<int>> Queue { get; set; } = [];

    [Id(4)]
    public Stack<List<int>> Stack { get; set; } = [];

    [Id(5)]
    public ImmutableArray<List<int>> Immutables { get; set; } = [];

    [Id(6)]
    public Memory<byte> Memory { get; set; }
}

[GenerateSerializer]
public sealed class Wrapped
{
    [Id(0), Immutable]
    public byte[]? Bytes { get; set; }
}

[GenerateSerializer]
public sealed class Settable
{
    [Id(0)]
    public int Number { get; set; }
}

[GenerateSerializer]
public abstract class Shape
{
    [Id(0)]
    public string Name { get; set; } = "";
}

[GenerateSerializer]
public sealed class Circle : Shape
{
    [Id(0)]
    public int Radius { get; set; }
}
