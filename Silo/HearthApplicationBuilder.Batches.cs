using System.Globalization;
using Hearth.Functions;
using Hearth.Functions.Registration;

namespace Hearth;

public sealed partial class HearthApplicationBuilder
{
    /// <summary>Inputs that one run of a batch function is given at most.</summary>
    public const int BatchMax = 1_000;

    /// <summary>Longest time for which inputs are gathered.</summary>
    public static readonly TimeSpan BatchWindowMax = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Serves a delegate that works on several inputs at once: those of up to <paramref name="max"/> jobs and calls that come to this silo within
    /// <paramref name="window"/>. Each job keeps its own attempt, timeline, timeout and end.
    /// </summary>
    /// <param name="name">1 to 64 lower-case letters, digits, dots, dashes, underscores; starts with a letter.</param>
    /// <param name="function">
    /// Returns an outcome for each input, in their order: a value, or an exception for that one alone; one that is not set fails too. An exception that it throws
    /// fails all of them. Its token fires when all of them have been cut off.
    /// </param>
    /// <param name="max">Inputs of one run, 1 to <see cref="BatchMax"/>.</param>
    /// <param name="window">
    /// How long the first waits for others, up to <see cref="BatchWindowMax"/>; part of its timeout. If one of them has no more time than that, half of its time.
    /// </param>
    /// <param name="configure">
    /// Version, timeout, limits, route; see <see cref="FunctionOptions"/>. <see cref="FunctionOptions.Concurrency"/> counts inputs, not runs: 64 by default, or twice
    /// <paramref name="max"/> if that is more. A run that goes on though all of its inputs were cut off counts as one.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="max"/>, <paramref name="window"/> or the options are out of their bounds.</exception>
    public HearthApplicationBuilder AddBatchFunction<TIn, TOut>(
        string name, Func<IReadOnlyList<BatchItem<TIn>>, CancellationToken, Task<IReadOnlyList<BatchOutcome<TOut>>>> function, int max, TimeSpan window,
        Action<FunctionOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (max is < 1 or > BatchMax)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Function '{name}': max must be 1 to {BatchMax}, not {max}."), nameof(max));
        if (window <= TimeSpan.Zero || window > BatchWindowMax)
            throw new ArgumentException($"Function '{name}': window must be above zero and at most {BatchWindowMax}.", nameof(window));
        if (typeof(TIn) == typeof(Stream))
            throw new ArgumentException($"Function '{name}': streams cannot be gathered; take byte[].", nameof(function));
        return Add(
            name,
            options =>
            {
                options.Concurrency = Math.Max(options.Concurrency, 2 * max);
                configure?.Invoke(options);
                if (options.Concurrency < max)
                    throw new ArgumentException($"Function '{name}': concurrency must not be less than max, or a run never gets so many inputs.", nameof(configure));
                if (options.Timeout <= window)
                    throw new ArgumentException($"Function '{name}': timeout must be longer than window, which is part of it.", nameof(configure));
            },
            (options, host) =>
            {
                var gatherer = new Gatherer<TIn, TOut>(name, function, max, window, host.Clock);
                return new TypedFunction<TIn, TOut>(
                    name, options, host, (input, _, context, stop) => new ValueTask<TOut>(gatherer.RunAsync(input, context, stop)));
            });
    }
}
