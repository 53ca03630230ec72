using Orleans.Concurrency;

namespace Hearth.Jobs;

/// <summary>The pump of one silo, for the shards on others. Key: the silo's id.</summary>
[Alias("hearth.pump")]
public interface IPumpGrain : IGrainWithStringKey
{
    /// <summary>Shards have ready jobs. A hint: one that is lost is repeated with the shard's next job, or when it looks again.</summary>
    [OneWay]
    Task RingAsync([Immutable] PumpRing[] rings);

    /// <summary>A shard has jobs that may have killed a silo.</summary>
    [OneWay]
    Task RingSuspectsAsync(string shard);

    /// <summary>Cuts off a running job that has been cancelled; once answered, one that is just being leased does not start.</summary>
    Task CancelAsync(string shard, JobId id);

    /// <summary>
    /// The attempts of a shard that are here, for its new owner, those among them that have ended and are not acknowledged. What former owners
    /// handed out and is still on its way does not start any more.
    /// </summary>
    /// <param name="shard">The shard's key.</param>
    /// <param name="epoch">The new owner's.</param>
    Task<HeldAttempt[]> HeldOfAsync(string shard, long epoch);
}

/// <param name="Shard">The shard's key.</param>
/// <param name="Function">The function whose jobs are ready.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct PumpRing([property: Id(0)] string Shard, [property: Id(1)] string Function);

/// <param name="Id">The job.</param>
/// <param name="Attempt">The attempt's number.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct HeldAttempt([property: Id(0)] JobId Id, [property: Id(1)] int Attempt);

/// <summary>Who asks for jobs.</summary>
/// <param name="Silo">The id of the pump's silo.</param>
/// <param name="Number">Grows with every call of that pump, so that it can tell which of them got no answer.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct PumpCall([property: Id(0)] string Silo, [property: Id(1)] long Number);
