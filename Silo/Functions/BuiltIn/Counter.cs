using Hearth.Objects;

namespace Hearth.Functions.BuiltIn;

/// <summary>The state of the object <c>counter</c>.</summary>
public sealed class Counter
{
    /// <summary>What was counted so far.</summary>
    public long Value { get; set; }

    /// <param name="By">How much to count; 1 when left out.</param>
    internal sealed record Step(long By = 1);

    internal static void AddTo(ObjectBuilder<Counter> counter)
    {
        counter.On("add", Add, "Counts on, and answers the new value.");
        counter.OnRead("value", (Counter state) => state.Value, "Answers the value.");
    }

    private static long Add(Counter state, Step step)
    {
        try
        {
            return state.Value = checked(state.Value + step.By);
        }
        catch (OverflowException e)
        {
            throw new FunctionException("The value would be too large.", e);
        }
    }
}
