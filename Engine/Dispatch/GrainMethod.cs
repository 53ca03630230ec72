using System.Reflection;
using Orleans.Concurrency;

namespace Orleans.Dispatch;

/// <summary>What the engine knows of one interface method. One instance for each, made with the interface's proxy.</summary>
internal sealed class GrainMethod
{
    public GrainMethod(Type grainInterface, MethodInfo method)
    {
        Name = $"{grainInterface.Name}.{method.Name}";
        IsReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        AlwaysInterleaves = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        Timeout = method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout;
        IsCall = !method.IsDefined(typeof(OneWayAttribute));
    }

    private GrainMethod(string name, bool interleaves) =>
        (Name, AlwaysInterleaves) = (name, interleaves);

    public static GrainMethod TimerTick { get; } = new("timer tick", interleaves: false);
    public static GrainMethod InterleavedTimerTick { get; } = new("timer tick", interleaves: true);

    /// <summary>Interface and method, as people write it.</summary>
    public string Name { get; }

    public bool IsReadOnly { get; }
    public bool AlwaysInterleaves { get; }

    /// <summary>Whether somebody waits for the answer: false for one-way methods and timer ticks.</summary>
    public bool IsCall { get; }

    /// <summary>The method's own response timeout, if it has one.</summary>
    public TimeSpan? Timeout { get; }
}
