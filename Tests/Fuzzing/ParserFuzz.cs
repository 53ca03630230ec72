using System.Diagnostics;

namespace Hearth.Tests.Fuzzing;

/// <summary>Feeds a parser of foreign bytes with broken inputs: only the refusals that it documents may come out, each within a second.</summary>
/// <param name="Name">Shown by the test.</param>
/// <param name="Corpus">Good inputs, and those that once did harm.</param>
/// <param name="Tokens">What the format is made of.</param>
/// <param name="Parse">Reads an input.</param>
/// <param name="IsRefusal">Whether an exception is the documented one.</param>
internal sealed record ParserFuzz(
    string Name, IReadOnlyList<byte[]> Corpus, IReadOnlyList<byte[]> Tokens, Action<byte[]> Parse, Func<Exception, bool> IsRefusal)
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(1);

    public override string ToString() => Name;

    public void Run(int inputs, int seed)
    {
        foreach (var input in Corpus)
            Try(input, "of the corpus");
        var mutator = new Mutator(seed, Corpus, Tokens);
        for (var n = 0; n < inputs; n++)
            Try(mutator.Next(), $"{n} of seed {seed}");
    }

    private void Try(byte[] input, string what)
    {
        // What takes long three times was not a pause of the machine.
        var took = TimeSpan.MaxValue;
        for (var tries = 0; tries < 3 && took > TimeMax; tries++)
            took = TimeSpan.FromTicks(Math.Min(took.Ticks, Once(input, what).Ticks));
        Assert.True(took <= TimeMax, $"{Name}, input {what} took {took}: {Shown(input)}");
    }

    private TimeSpan Once(byte[] input, string what)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            Parse(input);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            // As documented.
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{Name}, input {what}: {Shown(input)}", e);
        }

        return Stopwatch.GetElapsedTime(start);
    }

    private static string Shown(byte[] input) => Convert.ToBase64String(input.AsSpan(0, Math.Min(input.Length, 4_096)));
}
