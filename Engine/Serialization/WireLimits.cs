namespace Orleans.Serialization;

/// <summary>Bounds on what is read from other silos, and so on what is sent to them.</summary>
internal static class WireLimits
{
    /// <summary>Bytes of one frame.</summary>
    public const int FrameBytesMax = 72 << 20;

    /// <summary>Objects and collections within one another.</summary>
    public const int DepthMax = 64;

    /// <summary>Elements of one collection.</summary>
    public const int CountMax = 1 << 24;

    /// <summary>Type arguments within one another.</summary>
    public const int TypeDepthMax = 8;

    /// <summary>Exceptions within one another; deeper ones are left out.</summary>
    public const int InnerExceptionsMax = 8;

    /// <summary>Characters of an exception's stack; the rest is cut off.</summary>
    public const int StackCharactersMax = 16_384;
}
