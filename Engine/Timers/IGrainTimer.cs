namespace Orleans.Runtime;

/// <summary>A timer of one activation. Disposing it stops it.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Sets when the next tick is due and what the period is from then on, as <see cref="ITimer.Change"/> does.</summary>
    void Change(TimeSpan dueTime, TimeSpan period);
}
