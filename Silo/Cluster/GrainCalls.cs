using Orleans.Runtime;

namespace Hearth.Cluster;

/// <summary>Calls of grains that move and whose silos die: a call that has not run is made again until somebody takes it.</summary>
internal static class GrainCalls
{
    /// <summary>As long as a takeover may last.</summary>
    public static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Makes a call that does no harm when it is made twice.</summary>
    public static Task<T> RepeatAsync<T>(Func<Task<T>> call, TimeProvider clock) => UntilTakenAsync(call, clock, isRepeatable: true);

    /// <summary>Makes a call until it has run.</summary>
    /// <param name="call">The call.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="isRepeatable">Whether it may also be made again when it may have run.</param>
    public static async Task<T> UntilTakenAsync<T>(Func<Task<T>> call, TimeProvider clock, bool isRepeatable)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (OrleansException e) when ((isRepeatable ? NotRun.IsRefused(e) : NotRun.Is(e)) && clock.GetElapsedTime(since) < PatienceMax)
            {
                await Task.Delay(Pause, clock);
            }
        }
    }
}
