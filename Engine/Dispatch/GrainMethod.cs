using System.Reflection;
using Orleans.Concurrency;
using Orleans.Serialization;

namespace Orleans.Dispatch;

/// <summary>What the engine knows of one interface method. One instance for each, made with the interface's proxy.</summary>
internal sealed class GrainMethod
{
    private readonly ParameterInfo[] _parameters;
    private readonly Type _request;
    private RequestCodec? _codec;

    public GrainMethod(Type grainInterface, MethodInfo method, int index, Type request)
    {
        (Interface, Index, _parameters, _request) = (grainInterface, index, method.GetParameters(), request);
        Name = $"{grainInterface.Name}.{method.Name}";
        IsReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        AlwaysInterleaves = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        Timeout = method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout;
        IsCall = !method.IsDefined(typeof(OneWayAttribute));
    }

    private GrainMethod(string name, bool interleaves) =>
        (Interface, Name, AlwaysInterleaves, _parameters, _request) = (typeof(void), name, interleaves, [], typeof(void));

    public static GrainMethod TimerTick { get; } = new("timer tick", interleaves: false);
    public static GrainMethod InterleavedTimerTick { get; } = new("timer tick", interleaves: true);

    /// <summary>The interface whose reference class makes the request, and the method's place among those of it.</summary>
    public Type Interface { get; }

    public int Index { get; }

    /// <summary>Writes and reads its requests; made when one is first sent or received.</summary>
    public RequestCodec Codec => _codec ??= new(_request, _parameters);

    /// <summary>Interface and method, as people write it.</summary>
    public string Name { get; }

    public bool IsReadOnly { get; }
    public bool AlwaysInterleaves { get; }

    /// <summary>Whether somebody waits for the answer: false for one-way methods and timer ticks.</summary>
    public bool IsCall { get; }

    /// <summary>The method's own response timeout, if it has one.</summary>
    public TimeSpan? Timeout { get; }
}
