namespace Hearth.Jobs;

/// <summary>A number of jobs of a silo.</summary>
/// <param name="Silo">Its id; empty: of workers outside, or of a silo that has gone.</param>
/// <param name="Count">How many.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.silo-starts")]
public readonly record struct SiloStarts([property: Id(0)] string Silo, [property: Id(1)] int Count);

/// <summary>What became of a grant: whatever is left of it will not be used.</summary>
/// <param name="Grant">The number of the ask that it answered.</param>
/// <param name="Count">So many of its starts were used.</param>
/// <param name="At">The last of them, in ticks on the store's clock.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.used-starts")]
public readonly record struct UsedStarts([property: Id(0)] long Grant, [property: Id(1)] int Count, [property: Id(2)] long At);

/// <summary>
/// A shard of several tells the one that keeps the queue's books how it stands, and asks for starts. Each tells all, so that one that is lost does no
/// harm, and one that comes late is passed over.
/// </summary>
/// <param name="Shard">Its key.</param>
/// <param name="Epoch">Of its owner.</param>
/// <param name="Number">Grows with every ask of that owner.</param>
/// <param name="Running">Its jobs that run, and starts that it has and has not used.</param>
/// <param name="Wanted">How many more it could start at once.</param>
/// <param name="Used">Grants that are over; told again until that is answered.</param>
/// <param name="InAll">No more than so many of those that are wanted, wherever they run; 0: as many as are wanted.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.starts-ask")]
public sealed record StartsAsk(
    [property: Id(0)] string Shard, [property: Id(1)] long Epoch, [property: Id(2)] long Number, [property: Id(3)] SiloStarts[] Running,
    [property: Id(4)] SiloStarts[] Wanted, [property: Id(5)] UsedStarts[] Used, [property: Id(6)] int InAll = 0);

/// <summary>Starts that a shard may make.</summary>
/// <param name="Epoch">Of the keeper's owner; 0: it keeps no books, or has heard something newer.</param>
/// <param name="At">Since when, in ticks on the store's clock.</param>
/// <param name="Until">The last moment for a start.</param>
/// <param name="Given">How many; less than was asked for: it calls when there is more.</param>
[GenerateSerializer]
[Immutable]
[Alias("hearth.starts-grant")]
public sealed record StartsGrant([property: Id(0)] long Epoch, [property: Id(1)] long At, [property: Id(2)] long Until, [property: Id(3)] SiloStarts[] Given)
{
    public static StartsGrant None { get; } = new(0, 0, 0, []);
}
