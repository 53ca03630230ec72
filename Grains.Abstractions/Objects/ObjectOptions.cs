using Hearth.Functions;

namespace Hearth.Objects;

/// <summary>How objects of a kind are served. Every property has a default; <see cref="Validate"/> names what is wrong.</summary>
public sealed class ObjectOptions
{
    /// <summary>Longest operation that can be asked for: 5 minutes. What takes longer is a job.</summary>
    public static readonly TimeSpan TimeoutMax = TimeSpan.FromMinutes(5);

    /// <summary>Largest input of an operation: 1 MiB.</summary>
    public const int InputBytesMax = 1 << 20;

    /// <summary>Largest output of an operation: 16 MiB.</summary>
    public const int OutputBytesMax = 16 << 20;

    /// <summary>Largest state that can be asked for: 16 MiB.</summary>
    public const int StateBytesUpperBound = 16 << 20;

    /// <summary>
    /// The silos that carry this label have the objects. A part of the name that their states are stored under: objects are not found any
    /// more when it is changed. Default "default".
    /// </summary>
    public string Pool { get; set; } = "default";

    /// <summary>An operation that takes longer, from its start, is cut off and changes nothing: 504. Default 30 s, at most 5 minutes.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Largest state in bytes of JSON: an operation that would make it larger changes nothing (409). Default 1 MiB, at most 16 MiB.</summary>
    public int StateBytesMax { get; set; } = 1 << 20;

    /// <summary>One or two sentences for the list and OpenAPI.</summary>
    public string? Description { get; set; }

    /// <summary>Every mistake at once, each a sentence that names the field; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        if (!FunctionName.IsValid(Pool))
            mistakes.Add($"pool '{Pool}' must be 1 to 64 lower-case letters, digits, dots, dashes or underscores, and start with a letter.");
        if (Timeout <= TimeSpan.Zero || Timeout > TimeoutMax)
            mistakes.Add($"timeout {Timeout} must be above zero and at most 5 minutes.");
        if (StateBytesMax is < 2 or > StateBytesUpperBound)
            mistakes.Add($"stateBytesMax {StateBytesMax} must be between 2 and {StateBytesUpperBound}.");
        return mistakes;
    }
}
