using System.Text;

namespace Hearth.Tests.Fuzzing;

/// <summary>Makes broken inputs of good ones: bytes changed, cut, doubled, moved, tokens put in, deep and long repetitions.</summary>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> tokens)
{
    private const int LengthMax = 64 << 10;

    private readonly Random random = new(seed);

    public byte[] Next()
    {
        var bytes = new List<byte>(corpus[random.Next(corpus.Count)]);
        for (var changes = random.Next(1, 6); changes > 0; changes--)
            Change(bytes);
        if (bytes.Count > LengthMax)
            bytes.RemoveRange(LengthMax, bytes.Count - LengthMax);
        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        switch (random.Next(8))
        {
            case 0 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes.RemoveRange(at, random.Next(bytes.Count - at + 1));
                break;
            case 3:
                bytes.InsertRange(random.Next(bytes.Count + 1), [.. bytes.Skip(at).Take(random.Next(32))]);
                break;
            case 4:
                bytes.InsertRange(at, corpus[random.Next(corpus.Count)]);
                break;
            case 5 when random.Next(50) == 0:
                bytes.InsertRange(at, Enumerable.Repeat(tokens[random.Next(tokens.Count)], random.Next(1, 20_000)).SelectMany(token => token));
                break;
            default:
                bytes.InsertRange(at, tokens[random.Next(tokens.Count)]);
                break;
        }
    }

    public static IReadOnlyList<byte[]> Bytes(params IReadOnlyList<string> texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];
}
