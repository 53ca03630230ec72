using Hearth.Jobs;

namespace Hearth.Bench.Jobs;

/// <summary>A connection of the floor, with a shard of its own, which it claims when it is opened.</summary>
internal interface IFloorWriter : IAsyncDisposable
{
    int Shard { get; }

    /// <summary>How many statements the write of a batch takes.</summary>
    int StatementsOf(FloorBatch batch);

    /// <summary>Checks the epoch, inserts the rows and commits.</summary>
    ValueTask WriteAsync(FloorBatch batch);
}

/// <summary>Rows of one commit.</summary>
internal sealed class FloorBatch
{
    public List<(JobId Id, byte[] Input)> Jobs { get; } = [];

    public List<JobId> Ends { get; } = [];

    public int Rows => Jobs.Count + Ends.Count;

    public void Clear()
    {
        Jobs.Clear();
        Ends.Clear();
    }
}
