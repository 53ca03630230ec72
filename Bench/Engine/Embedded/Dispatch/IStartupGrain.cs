using Orleans;

namespace Hearth.Bench.Engine.Dispatch;

/// <summary>An interface of usual size; each type argument makes another one, whose generation can be timed.</summary>
public interface IStartupGrain<T> : IGrainWithStringKey
{
    Task Start(string name, CancellationToken cancellation);
    Task<int> Count();
    Task<List<string>> Names(int skip, int take);
    ValueTask<bool> Has(string name);
    Task Put(string name, byte[] value);
}
