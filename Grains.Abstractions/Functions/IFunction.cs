namespace Hearth.Functions;

/// <summary>
/// An algorithm as a class: constructed once with injected services, called concurrently up to
/// <see cref="FunctionOptions.Concurrency"/>. A delegate given to <c>AddFunction</c> is the short form.
/// </summary>
/// <typeparam name="TIn">
/// What it takes: any type that System.Text.Json reads; <see cref="string"/> (also <c>text/plain</c>);
/// <c>byte[]</c> or <see cref="ReadOnlyMemory{T}"/> of bytes (the raw body); or <see cref="Stream"/> (the raw body, not buffered).
/// </typeparam>
/// <typeparam name="TOut">What it answers: the same choices, except <see cref="Stream"/>.</typeparam>
public interface IFunction<in TIn, TOut>
{
    /// <summary>Runs once.</summary>
    /// <param name="input">The decoded input; never null unless <typeparamref name="TIn"/> allows it.</param>
    /// <param name="context">Who asks, with which parameters, until when.</param>
    /// <param name="cancellationToken">Fires on timeout, cancel, a caller that has gone, and shutdown.</param>
    /// <exception cref="FunctionException">Fails the run with a message that the caller sees.</exception>
    Task<TOut> RunAsync(TIn input, FunctionContext context, CancellationToken cancellationToken);
}
