namespace Hearth.Executables;

/// <summary>
/// What silo and supervisor say to each other, one connection a run: a kind (1 byte), a length (4 bytes, little endian), and that
/// many bytes. The order of a run:
/// <list type="number">
/// <item>silo: <see cref="Start"/>; supervisor: <see cref="Refused"/> and the end, or nothing</item>
/// <item>silo: <see cref="Input"/> for each credit it has, then <see cref="InputEnd"/>; supervisor: <see cref="Credit"/> for each
/// piece that the program took, or <see cref="InputClosed"/> when it takes no more</item>
/// <item>supervisor: <see cref="Output"/> and <see cref="Error"/> as the program writes</item>
/// <item>silo, at any time: <see cref="Kill"/>, or closing the connection</item>
/// <item>supervisor: <see cref="Exit"/> when nothing of the run's tree is left</item>
/// </list>
/// </summary>
internal enum Frame : byte
{
    Start = 1,
    Input = 2,
    InputEnd = 3,
    Kill = 4,
    Refused = 16,
    Credit = 17,
    InputClosed = 18,
    Output = 19,
    Error = 20,
    Exit = 21,
}

/// <summary>Bounds of the protocol.</summary>
internal static class FrameLimits
{
    public const int HeaderBytes = 5;

    /// <summary>Largest piece of input or output in one frame.</summary>
    public const int PieceBytesMax = 64 * 1024;

    /// <summary>Largest control frame: arguments and environment, which the kernel bounds to 2 MiB together.</summary>
    public const int ControlBytesMax = 2 * 1024 * 1024;

    /// <summary>
    /// Pieces of input under way. Credits, and not the socket's own back-pressure, hold the input back: the supervisor always reads
    /// its socket and so sees a cancel at once, even when the program never reads its input.
    /// </summary>
    public const int Credits = 4;
}
