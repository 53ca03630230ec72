namespace Hearth.Jobs;

/// <summary>What a worker outside of the cluster asks for.</summary>
/// <param name="Functions">Functions whose jobs it runs, the first first.</param>
/// <param name="Max">At most so many jobs; 1 to <see cref="JobLimits.OutsideLeaseMax"/>.</param>
/// <param name="Worker">Its name, for people.</param>
/// <param name="Lease">How long the jobs are its own, unless it renews.</param>
[GenerateSerializer]
[Immutable]
public sealed record OutsideAsk(
    [property: Id(0)] IReadOnlyList<string> Functions, [property: Id(1)] int Max, [property: Id(2)] string Worker, [property: Id(3)] TimeSpan Lease);

/// <summary>A job handed to a worker outside.</summary>
/// <param name="Lease">The job and its attempt.</param>
/// <param name="Until">When the attempt fails, unless it has ended or been renewed by then; on the store's clock.</param>
[GenerateSerializer]
[Immutable]
public readonly record struct OutsideJob([property: Id(0)] JobLease Lease, [property: Id(1)] DateTimeOffset Until);
