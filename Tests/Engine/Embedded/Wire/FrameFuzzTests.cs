using System.Buffers;
using Hearth.Jobs;
using Hearth.Tests.Faults;
using Hearth.Tests.Fuzzing;
using Orleans.Serialization;
using Xunit.Abstractions;

namespace Hearth.Tests.Engine.Embedded.Wire;

/// <summary>What silos send one another, broken: a connection takes any exception for bytes that cannot be read, but not a lack of memory or a crash.</summary>
public sealed class FrameFuzzTests(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<byte[]> Tokens =
        [[0], [1], [0x7F], [0x80], [0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [2, 0], [0, 0, 0, 0]];

    private static readonly JobSpec Spec = new(
        "f", "application/json", "{}"u8.ToArray(), new JobOptions { Tags = ["a", "b"], Retry = new RetryPolicy(3), DueAt = DateTimeOffset.UnixEpoch });

    private static readonly ParserFuzz[] All =
    [
        Of("jobs", new[] { Spec, Spec }),
        Of("leases", new[] { new JobLease(JobId.Create(1, 2, 3, 4), 1, 4, Spec) }),
        Of("results", new[] { new JobResult(JobId.Create(1, 2, 3, 4), 1, AttemptOutcome.Failed, default, default, Error: "e", ErrorType: "t", Extras: new AttemptExtras(Log: "l", Retry: new RetryPolicy(3))) }),
        Of("rings", new[] { new PumpRing("default/q/0", "f") }),
        Of("anything", (object)new object[] { "a", 1, new Dictionary<string, object> { ["b"] = Guid.Empty }, new InvalidOperationException("c") }),
    ];

    [Fact]
    public void Broken_frames_are_refused() => Run(20_000, 20_261_121);

    [Fact]
    [Trait(FaultSuite.Trait, FaultSuite.Long)]
    public void Half_a_million_broken_frames_are_refused()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        Run(100_000, seed);
    }

    private static void Run(int inputs, int seed)
    {
        foreach (var fuzz in All)
            fuzz.Run(inputs, seed);
    }

    private static ParserFuzz Of<T>(string name, T sample)
    {
        var writer = new WireWriter();
        Codec<T>.Write(writer, sample);
        var bytes = new ArrayBufferWriter<byte>();
        for (var i = 0; i < writer.PieceCount; i++)
            bytes.Write(writer.Piece(i).Span);
        writer.Release();
        return new ParserFuzz(name, [bytes.WrittenSpan.ToArray()], Tokens, Read<T>, static e => e is not OutOfMemoryException and not NullReferenceException);
    }

    private static void Read<T>(byte[] bytes)
    {
        var reader = new WireReader(null);
        reader.Begin(bytes, 0, bytes.Length);
        Codec<T>.Read(reader);
    }
}
