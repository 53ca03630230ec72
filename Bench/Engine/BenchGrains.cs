using Orleans;

namespace Hearth.Bench.Engine;

/// <summary>The least that a call can do.</summary>
public interface IBenchGrain : IGrainWithStringKey
{
    Task<int> Add(int number);
}

public sealed class BenchGrain : Grain, IBenchGrain
{
    private int _sum;

    public Task<int> Add(int number) => Task.FromResult(_sum += number);
}
