namespace Hearth.Jobs;

/// <summary>A job as asked for.</summary>
/// <param name="Function">The function's name.</param>
/// <param name="ContentType">Media type of <paramref name="Input"/>.</param>
/// <param name="Input">The input, validated for typed functions; at most <see cref="InputBytesMax"/>.</param>
/// <param name="Parameters">Declared query parameters.</param>
/// <param name="Lenient">Whether numbers and booleans may be text, because the input came as XML.</param>
[GenerateSerializer]
[Immutable]
public sealed record JobSpec(
    [property: Id(0)] string Function,
    [property: Id(1)] string ContentType,
    [property: Id(2)] byte[] Input,
    [property: Id(3)] IReadOnlyDictionary<string, string> Parameters,
    [property: Id(4)] bool Lenient = false)
{
    /// <summary>Largest input and result of a job, in bytes: 16 MiB.</summary>
    public const int InputBytesMax = 16 << 20;
}
