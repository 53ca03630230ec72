using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Hearth.Tests.Engine;

/// <summary>Lets a test and the grains in its process meet: a grain announces itself and waits until the test lets it pass.</summary>
public sealed class Gate
{
    private static readonly ConcurrentDictionary<string, Gate> s_all = new(StringComparer.Ordinal);
    private readonly Channel<bool> _arrivals = Channel.CreateUnbounded<bool>();
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(20);

    /// <summary>The gate of that name; grains name theirs by their key, so tests use keys of their own.</summary>
    public static Gate Of(string name) => s_all.GetOrAdd(name, static _ => new());

    /// <summary>Called by the grain.</summary>
    public Task PassAsync()
    {
        _arrivals.Writer.TryWrite(true);
        return _open.Task;
    }

    /// <summary>Called by the test: somebody has come to the gate.</summary>
    public Task ArrivalAsync() => _arrivals.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>Awaits a call that must end; its own time-out is not mistaken for the test's.</summary>
    public static async Task EndOf(Task call)
    {
        var ended = await Task.WhenAny(call, Task.Delay(Patience, TimeProvider.System));
        Assert.True(ended == call, "The call did not end.");
        await call;
    }

    /// <summary>Gives what must not end yet a moment in which it would have.</summary>
    public static async Task StaysOpen(Task call)
    {
        await Task.WhenAny(call, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System));
        Assert.False(call.IsCompleted);
    }

    public bool NobodyElseCame => !_arrivals.Reader.TryPeek(out _);

    public void Open() => _open.TrySetResult();
}
