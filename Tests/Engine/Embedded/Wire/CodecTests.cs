using System.Buffers;
using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Storage.Contracts;
using Orleans;
using Orleans.Serialization;

namespace Hearth.Tests.Engine.Embedded.Wire;

/// <summary>A failure names its seed; <c>Config.WithReplay</c> takes it.</summary>
public sealed class CodecTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(40);

    [Fact]
    public void Any_value_comes_back_equal()
    {
        var texts = Gen.Choose(0, 0xFFFF).Select(c => (char)c).ArrayOf().Select(chars => new string(chars));
        Same(texts);
        Same(Gen.Choose(int.MinValue, int.MaxValue).Select(n => (long)n * n * n));
        Same(Gen.Choose(int.MinValue, int.MaxValue));
        Same(Gen.Choose(0, int.MaxValue).Select(n => new decimal(n, n / 3, n / 7, n % 2 == 0, (byte)(n % 28))));
        Same(Gen.Choose(int.MinValue, int.MaxValue).Select(n => BitConverter.Int64BitsToDouble((long)n << 31 ^ n)));
        Same(Gen.Choose(0, int.MaxValue).Select(n => n % 3 == 0 ? null : (short?)(n % 30_000)));
        Same(RowGenerators.Payloads.Select(bytes => bytes.ToArray()));
        Same(texts.ListOf().Select(list => list.ToList()));
        Same(texts.ArrayOf().Select(array => array.Distinct().ToDictionary(text => text, text => (text.Length, text))));
        Same(texts.ArrayOf().Select(array => array.ToHashSet()));
        Same(texts.ArrayOf().Select(array => array.ToImmutableList()));
        Same(texts.ArrayOf().Select(array => array.ToImmutableSortedSet(StringComparer.Ordinal)));
        Same(texts.ArrayOf().Select(array => array.ToFrozenSet()));
        Same(texts.ArrayOf().Select(array => (object)array.Select(text => (object)text).ToArray()));
        Same(texts.ArrayOf().Select(array => (IEnumerable<string>)new Queue<string>(array)));
    }

    [Fact]
    public void Any_job_comes_back_equal() =>
        Check.One(Runs, Prop.ForAll(RowGenerators.Specs.ToArbitrary(), spec => RowText.Of(new JobRow(default, spec)) == RowText.Of(new JobRow(default, Again(spec)))));

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_more()
    {
        var bytes = Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf();
        Check.One(Runs.WithMaxTest(3_000), Prop.ForAll(bytes.ToArbitrary(), noise =>
        {
            TryRead<object>(noise);
            TryRead<Many>(noise);
            TryRead<JobSpec>(noise);
            TryRead<RingNode[]>(noise);
            TryRead<Exception>(noise);
            TryRead<Dictionary<string, List<object>>>(noise);
        }));
    }

    [Fact]
    public void Bytes_that_were_changed_on_the_way_are_read_or_refused_and_never_more()
    {
        var whole = Write(new Many { Map = new() { ["a"] = [1, 2] }, Anything = new object[] { 1, "x", new List<Shape> { new Circle { Radius = 1 } } }, Bytes = new byte[100] });
        var changes = from at in Gen.Choose(0, whole.Length - 1) from value in Gen.Choose(0, 255) select (at, (byte)value);
        Check.One(Runs.WithMaxTest(5_000), Prop.ForAll(changes.NonEmptyListOf().ToArbitrary(), all =>
        {
            var changed = whole.ToArray();
            foreach (var (at, value) in all)
                changed[at] = value;
            TryRead<Many>(changed);
            TryRead<Many>(changed[..all[0].at]);
        }));
    }

    [Fact]
    public void What_is_too_deep_is_refused_on_either_side()
    {
        var deep = new RingNode();
        for (var i = 0; i < 70; i++)
            deep = new RingNode { Next = deep };
        Assert.Contains("64", Assert.Throws<ArgumentException>(() => Write(deep)).Message, StringComparison.Ordinal);
        // Lists of lists, for as long as anybody likes.
        var nested = new byte[100_000];
        var level = Write<object>(new List<object>());
        for (var at = 0; at + level.Length < nested.Length; at += level.Length)
        {
            level.CopyTo(nested, at);
            nested[at + level.Length - 1] = 1;
        }
        Assert.Throws<WireFormatException>(() => Read<object>(nested));
    }

    [Fact]
    public void A_count_beyond_what_is_left_is_refused_before_anything_is_made()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<WireFormatException>(() => Read<long[]>([1, 0xFF, 0xFF, 0xFF, 0x03]));
        Assert.Throws<WireFormatException>(() => Read<string>([0xFF, 0xFF, 0xFF, 0xFF, 0x03]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void A_type_that_the_manifest_does_not_have_is_neither_written_nor_read()
    {
        Assert.Throws<ArgumentException>(() => Write<object>(new System.Text.StringBuilder()));
        Assert.False(WireTypes.Knows(typeof(System.Diagnostics.Process)));
        Assert.Throws<WireFormatException>(() => Read<object>([1, 0xFF, 0xFF, 0x03, 0]));
        Assert.Throws<WireFormatException>(() => Read<Shape>(Write<object>(new Tagged(1, []))));
    }

    [Fact]
    public void Everything_that_the_application_sends_can_be_written_and_read()
    {
        foreach (var type in WireManifest.Types.Where(t => t.Assembly == typeof(JobSpec).Assembly && t.IsDefined(typeof(GenerateSerializerAttribute), false) && !t.IsAbstract && !t.IsEnum))
            Assert.Empty(WireTypes.MembersOf(type).Where(m => !WireTypes.Knows(m.FieldType) && !m.FieldType.IsInterface).Select(m => $"{type.Name}.{m.Name}"));
    }

    [Fact]
    public void Bytes_of_a_large_value_are_written_in_pieces_without_being_moved()
    {
        var frame = new WireWriter();
        var bytes = new byte[10 << 20];
        Codec<ReadOnlyMemory<byte>>.Write(frame, bytes);
        frame.WriteByte(1);
        Assert.Equal(bytes.Length + 5, frame.Length);
        Assert.Equal(frame.Length, Enumerable.Range(0, frame.PieceCount).Sum(i => frame.Piece(i).Length));
        frame.Release();
    }

    private static void Same<T>(Gen<T> values) => Check.One(Runs, Prop.ForAll(values.ToArbitrary(), value =>
    {
        var again = Again(value);
        if (value is IEnumerable and not string)
            Assert.Equal((IEnumerable<object?>)((IEnumerable)value).Cast<object?>(), ((IEnumerable)again!).Cast<object?>());
        else
            Assert.Equal(value, again);
    }));

    private static T Again<T>(T value) => Read<T>(Write(value));

    private static byte[] Write<T>(T value)
    {
        var writer = new WireWriter();
        Codec<T>.Write(writer, value);
        var bytes = new ArrayBufferWriter<byte>();
        for (var i = 0; i < writer.PieceCount; i++)
            bytes.Write(writer.Piece(i).Span);
        writer.Release();
        return bytes.WrittenSpan.ToArray();
    }

    private static T Read<T>(byte[] bytes)
    {
        var reader = new WireReader(null);
        reader.Begin(bytes, 0, bytes.Length);
        return Codec<T>.Read(reader);
    }

    private static void TryRead<T>(byte[] bytes)
    {
        try
        {
            Read<T>(bytes);
        }
        catch (Exception refused) when (refused is not OutOfMemoryException and not NullReferenceException)
        {
            // Connections take any exception for bytes that cannot be read.
        }
    }
}
