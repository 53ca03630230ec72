using Hearth.Jobs;
using Hearth.Tests.Performance;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>What open jobs cost in memory, which is that of the whole process: nothing may run beside.</summary>
[Collection(nameof(AloneCollection))]
public sealed class MemoryCostTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private int counter;

    [Fact]
    public void Jobs_that_were_cancelled_while_parked_leave_nothing_behind()
    {
        var memory = new ShardMemory(new PayloadBudget());
        for (var i = 0; i < 200_000; i++)
        {
            var id = NextId();
            memory.Park(id, Now.AddYears(5));
            memory.BeginEnd(id);
            memory.End(End(id));
        }

        Assert.Equal(0, memory.Open);
        Assert.Empty(memory.ParkedIds);
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(memory);
        memory = null;
        Assert.InRange(before - GC.GetTotalMemory(forceFullCollection: true), long.MinValue, 2_000_000);
    }

    [Fact]
    public void An_open_job_costs_at_most_128_bytes_and_a_parked_one_half_of_that()
    {
        const int Count = 400_000;
        Assert.InRange(BytesEach(Count, memory => memory.Line(memory.Add(NextId(), "f")!)), 1, 128 + 48);
        Assert.InRange(EntryBytes(Count), 1, 128);
        Assert.InRange(BytesEach(Count, memory => memory.Park(NextId(), Now)), 1, 64);
    }

    private static JobEnd End(JobId id) => new(id, JobState.Cancelled, 0, null, Now, default, null);

    private static double BytesEach(int count, Action<ShardMemory> add)
    {
        var memory = new ShardMemory(new PayloadBudget(0));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < count; i++)
            add(memory);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(memory);
        return (double)bytes / count;
    }

    private double EntryBytes(int count)
    {
        var queue = new FunctionQueue("f");
        var entries = new JobEntry[count];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
            entries[i] = new JobEntry(NextId(), queue);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(entries);
        return (double)bytes / count;
    }

    private JobId NextId() => JobId.Create(Now.ToUnixTimeMilliseconds(), ++counter, 1, 1);
}
