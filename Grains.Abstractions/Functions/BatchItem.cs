namespace Hearth.Functions;

/// <summary>One of the inputs that a run of a batch function is given: of one job, or one call.</summary>
/// <param name="Input">What it is to work on.</param>
/// <param name="Context">Whose it is, which attempt, until when; progress and log are that job's own.</param>
/// <typeparam name="TIn">What it takes.</typeparam>
public sealed record BatchItem<TIn>(TIn Input, FunctionContext Context);

/// <summary>
/// How one of the inputs went: a value, or an exception that fails its job alone. <see cref="JobOutcome"/> makes exceptions for other ends:
/// <c>JobOutcome.Snooze(TimeSpan.FromMinutes(5))</c>. Values and exceptions become one by themselves. One that was never set, the <c>default</c>, fails its job.
/// </summary>
/// <typeparam name="TOut">What it answers.</typeparam>
public readonly struct BatchOutcome<TOut>
{
    private BatchOutcome(TOut value, Exception? error) => (Value, Error, IsSet) = (value, error, true);

    /// <summary>The result; the default where it has failed.</summary>
    public TOut Value { get; }

    /// <summary>Why it has failed, or how else it ends; null: it has succeeded.</summary>
    public Exception? Error { get; }

    /// <summary>False for the <c>default</c>, which nobody has meant.</summary>
    internal bool IsSet { get; }

    /// <summary>It has succeeded.</summary>
    /// <param name="value">The result.</param>
    public static implicit operator BatchOutcome<TOut>(TOut value) => FromValue(value);

    /// <summary>It has failed, or ends as the exception says.</summary>
    /// <param name="error">Any exception, or one of <see cref="JobOutcome"/>.</param>
    public static implicit operator BatchOutcome<TOut>(Exception error) => FromError(error);

    /// <summary>It has succeeded.</summary>
    /// <param name="value">The result.</param>
    public static BatchOutcome<TOut> FromValue(TOut value) => new(value, null);

    /// <summary>It has failed, or ends as the exception says.</summary>
    /// <param name="error">Any exception, or one of <see cref="JobOutcome"/>.</param>
    public static BatchOutcome<TOut> FromError(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new BatchOutcome<TOut>(default!, error);
    }
}
