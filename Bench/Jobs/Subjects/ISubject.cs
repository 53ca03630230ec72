using Hearth.Storage;

namespace Hearth.Bench.Jobs;

/// <summary>What is measured: a silo, or the floor below it. The phases treat both alike.</summary>
internal interface ISubject : IAsyncDisposable
{
    /// <summary>What its store has done.</summary>
    StoreCounters Counters { get; }

    /// <summary>One job; completes when it is committed.</summary>
    Task SubmitAsync(int job);

    /// <summary>Several of one request, from <paramref name="first"/> on; completes when they are committed.</summary>
    Task SubmitManyAsync(int first, int count);

    /// <summary>From now on jobs run, those submitted before among them.</summary>
    Task StartWorkersAsync();

    /// <summary>Completes when all jobs have ended in the store.</summary>
    Task DrainedAsync();
}
