namespace Hearth.Misbehaving;

internal sealed record Named(string Name);

internal sealed record Number(int Value);

internal sealed class Tally
{
    public long Value { get; set; }
}

internal sealed record Spin(int Milliseconds);

internal sealed record Size(int Bytes);

internal sealed record Texts(IReadOnlyList<string> Items);

internal sealed record Pair(int Left, string Right);

internal sealed record Entry(string File, double Seconds);

internal sealed record EffectInput(string Key, int Milliseconds, bool Dies = false, string Padding = "");

internal enum Colour
{
    Red,
    DarkBlue,
}

internal sealed record Inner(string Email, int Age);

internal sealed record Shapes(
    int Whole, double Real, bool Flag, string Text, Colour Colour, DateTimeOffset When, IReadOnlyList<int> Numbers, Inner Inner, string? Maybe = null);
