namespace Hearth.Objects;

/// <summary>Collects the operations of a kind of object.</summary>
/// <typeparam name="TState">The state; a new one where nothing is stored. It is stored as JSON.</typeparam>
/// <remarks>
/// A delegate's parameters, in any order: the state, the input (any other type), <see cref="ObjectContext"/>,
/// <see cref="CancellationToken"/> and services. Each run has a copy of the state of its own.
/// </remarks>
public sealed class ObjectBuilder<TState>
    where TState : class, new()
{
    private readonly List<OperationRegistration> operations = [];

    internal ObjectBuilder()
    {
    }

    internal IReadOnlyList<OperationRegistration> Operations => operations;

    /// <summary>
    /// An operation that may change the state, which is stored before the answer; one that throws changes nothing. It changes the state that
    /// it is given, or returns another: the new state alone, or <c>(state, output)</c>.
    /// </summary>
    /// <param name="operation">1 to 64 lower-case letters, digits, dots, dashes, underscores; starts with a letter.</param>
    /// <param name="body">What it does. It returns the output, the new state, both, a task of these, or nothing.</param>
    /// <param name="description">One or two sentences for the list and OpenAPI.</param>
    public ObjectBuilder<TState> On(string operation, Delegate body, string? description = null) => Add(operation, body, isRead: false, description);

    /// <summary>An operation that only reads: nothing is stored, whatever it does to the state, and several may run at once.</summary>
    /// <param name="operation">1 to 64 lower-case letters, digits, dots, dashes, underscores; starts with a letter.</param>
    /// <param name="body">What it does. It returns the output or a task of it.</param>
    /// <param name="description">One or two sentences for the list and OpenAPI.</param>
    public ObjectBuilder<TState> OnRead(string operation, Delegate body, string? description = null) => Add(operation, body, isRead: true, description);

    private ObjectBuilder<TState> Add(string operation, Delegate body, bool isRead, string? description)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(body);
        operations.Add(new OperationRegistration(operation, body, isRead, description));
        return this;
    }
}

/// <param name="Name">The operation's name.</param>
/// <param name="Body">What it does.</param>
/// <param name="IsRead">Whether it only reads.</param>
/// <param name="Description">For people.</param>
internal sealed record OperationRegistration(string Name, Delegate Body, bool IsRead, string? Description);
