namespace Orleans.Concurrency;

/// <summary>A value that its owner promises not to change any more, so a call shares it instead of copying it.</summary>
[GenerateSerializer, Immutable]
public readonly struct Immutable<T>(T value)
{
    /// <summary>The value, shared by everybody who has it.</summary>
    [Id(0)]
    public readonly T Value = value;
}

/// <summary>Wraps values in <see cref="Immutable{T}"/>.</summary>
public static class ImmutableExtensions
{
    /// <summary>Promises that nobody changes the value from now on.</summary>
    public static Immutable<T> AsImmutable<T>(this T value) => new(value);
}
