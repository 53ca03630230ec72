namespace Hearth.Client;

/// <summary>The same with types: inputs are written and outputs read as JSON (<see cref="Payload.Of{T}"/>, <see cref="Payload.Read{T}"/>).</summary>
public static class TypedCalls
{
    /// <summary>Calls a function and waits for its output.</summary>
    /// <param name="client">Whom to ask.</param>
    /// <param name="function">Its name.</param>
    /// <param name="input">Its input; null for none.</param>
    /// <param name="parameters">The function's declared parameters; null: their defaults.</param>
    /// <param name="cancellationToken">Goes away: the run is cancelled.</param>
    /// <typeparam name="TOut">The output's type.</typeparam>
    /// <returns>The output; the default where there is none.</returns>
    /// <inheritdoc cref="IHearthClient.CallAsync" path="/exception"/>
    public static async Task<TOut?> CallAsync<TOut>(
        this IHearthClient client, string function, object? input = null, IReadOnlyDictionary<string, string>? parameters = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var output = await client.CallAsync(function, Of(input), parameters, cancellationToken).ConfigureAwait(false);
        return output.Read<TOut>();
    }

    /// <summary>Waits for a job's end and gives its result.</summary>
    /// <param name="client">Whom to ask.</param>
    /// <param name="id">The job.</param>
    /// <param name="cancellationToken">Gives up; the job goes on.</param>
    /// <typeparam name="TOut">The result's type.</typeparam>
    /// <returns>The result; the default where there is none.</returns>
    /// <inheritdoc cref="IHearthClient.ResultAsync" path="/exception"/>
    public static async Task<TOut?> ResultAsync<TOut>(this IHearthClient client, string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var result = await client.ResultAsync(id, cancellationToken).ConfigureAwait(false);
        return result.Read<TOut>();
    }

    /// <summary>Runs an operation of an object.</summary>
    /// <param name="client">Whom to ask.</param>
    /// <param name="name">The kind of object.</param>
    /// <param name="key">Which one.</param>
    /// <param name="operation">The operation's name.</param>
    /// <param name="input">Its input; null for none.</param>
    /// <param name="cancellationToken">Goes away.</param>
    /// <typeparam name="TOut">The output's type.</typeparam>
    /// <returns>The output; the default where there is none.</returns>
    /// <inheritdoc cref="IHearthClient.OperateAsync" path="/exception"/>
    public static async Task<TOut?> OperateAsync<TOut>(
        this IHearthClient client, string name, string key, string operation, object? input = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var output = await client.OperateAsync(name, key, operation, Of(input), cancellationToken).ConfigureAwait(false);
        return output.Read<TOut>();
    }

    private static Payload Of(object? input) => input is null ? Payload.None : Payload.Of(input);
}
