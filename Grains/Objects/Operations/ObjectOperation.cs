using Hearth.Functions.Payloads;

namespace Hearth.Objects.Operations;

/// <summary>One operation of a kind of object, as it is served.</summary>
internal abstract class ObjectOperation
{
    public required string Name { get; init; }

    /// <summary>Whether it only reads.</summary>
    public required bool IsRead { get; init; }

    public required string? Description { get; init; }

    public abstract PayloadShape Input { get; }

    public abstract PayloadShape Output { get; }

    /// <summary>Runs on a copy of the state of its own: (1) input, (2) state, (3) body, (4) new state, (5) output.</summary>
    /// <param name="state">JSON; empty: there is none.</param>
    /// <param name="call">What is asked for.</param>
    /// <param name="context">What the body sees.</param>
    /// <param name="cancellationToken">The body's.</param>
    /// <exception cref="StateUnreadableException">The state is not what the code takes.</exception>
    /// <exception cref="Exception">Whatever the body throws.</exception>
    public abstract Task<OperationResult> RunAsync(ReadOnlyMemory<byte> state, ObjectCall call, ObjectContext context, CancellationToken cancellationToken);
}

/// <param name="Answer">For the caller.</param>
/// <param name="State">What is to be stored before; null: nothing.</param>
internal readonly record struct OperationResult(ObjectAnswer Answer, byte[]? State = null);
