using System.Diagnostics;
using Hearth.Storage;

namespace Hearth.Bench.Jobs;

/// <summary>What a measurement has used from start to stop.</summary>
/// <param name="Seconds">On the clock.</param>
/// <param name="ClientCpu">Processor seconds of this process: the silo, or the floor, with its callers.</param>
/// <param name="ServerCpu">Processor seconds of the database's processes.</param>
/// <param name="Allocated">Bytes allocated by this process.</param>
/// <param name="Commits">Commits; on PostgreSQL each is one round trip.</param>
/// <param name="Statements">Statements.</param>
/// <param name="Rows">Rows written.</param>
/// <param name="Sent">Bytes sent to the database.</param>
/// <param name="Log">Bytes of its write-ahead log.</param>
internal sealed record Usage(
    double Seconds, double ClientCpu, double ServerCpu, long Allocated, long Commits, long Statements, long Rows, long Sent, long Log);

/// <summary>Reads all counters at two moments.</summary>
internal sealed class Meter
{
    private readonly BenchStore store;
    private readonly ISubject subject;
    private readonly Reading first;
    private readonly long startedAt;

    private Meter(BenchStore store, ISubject subject, Reading first)
    {
        (this.store, this.subject, this.first) = (store, subject, first);
        startedAt = Stopwatch.GetTimestamp();
    }

    public static async Task<Meter> StartAsync(BenchStore store, ISubject subject)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return new Meter(store, subject, await Reading.TakeAsync(store, subject));
    }

    public async Task<Usage> StopAsync()
    {
        var seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        var last = await Reading.TakeAsync(store, subject);
        return new Usage(
            seconds, (last.Client - first.Client).TotalSeconds, (last.Server - first.Server).TotalSeconds, last.Allocated - first.Allocated,
            last.Store.Commits - first.Store.Commits, last.Store.Statements - first.Store.Statements, last.Store.Rows - first.Store.Rows,
            last.Sent - first.Sent, last.Log - first.Log);
    }

    private sealed record Reading(TimeSpan Client, TimeSpan Server, long Allocated, StoreCounters Store, long Sent, long Log)
    {
        public static async Task<Reading> TakeAsync(BenchStore store, ISubject subject)
        {
            var client = Environment.CpuUsage.TotalTime;
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            return new Reading(client, store.ServerCpu, allocated, subject.Counters, store.Sent, await store.LogBytesAsync());
        }
    }
}
