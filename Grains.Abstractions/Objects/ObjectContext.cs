using Microsoft.Extensions.Logging;

namespace Hearth.Objects;

/// <summary>What an operation knows of itself. One a run; not to be kept after it.</summary>
public sealed class ObjectContext
{
    /// <summary>The kind of object, such as <c>cart</c>.</summary>
    public required string Object { get; init; }

    /// <summary>Which one.</summary>
    public required string Key { get; init; }

    /// <summary>The operation's name.</summary>
    public required string Operation { get; init; }

    /// <summary>The input's media type, without parameters, in lower case.</summary>
    public required string ContentType { get; init; }

    /// <summary>When the run is cut off.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>Goes to the silo's log, category <c>Hearth.Objects.{name}</c>.</summary>
    public required ILogger Logger { get; init; }
}
