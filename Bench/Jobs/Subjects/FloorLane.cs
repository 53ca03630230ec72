using System.Threading.Channels;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Bench.Jobs;

/// <summary>One connection of the floor and what waits for it.</summary>
internal sealed class FloorLane : IAsyncDisposable
{
    private const int BatchMax = 1_000;

    private readonly Channel<Write> waiting = Channel.CreateUnbounded<Write>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock gate = new();
    private readonly IFloorWriter writer;
    private readonly Tally tally;
    private readonly Task loop;
    private List<Write>? backlog = [];
    private TaskCompletionSource? drained;
    private int counter;
    private int open;
    private long commits;
    private long statements;
    private long rows;
    private long bytes;

    public FloorLane(IFloorWriter writer, Tally tally)
    {
        (this.writer, this.tally) = (writer, tally);
        loop = Task.Run(RunAsync);
    }

    public StoreCounters Counters => new(commits, statements, rows, bytes);

    public Task SubmitAsync(int first, int count)
    {
        var write = new Write(first, count, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        waiting.Writer.TryWrite(write);
        return write.Done!.Task;
    }

    /// <summary>From now on what is stored runs, and what was stored before.</summary>
    public void StartWorking()
    {
        List<Write> before;
        lock (gate)
        {
            before = backlog ?? [];
            backlog = null;
        }

        _ = Task.Run(() => before.ForEach(Run));
    }

    public Task DrainedAsync()
    {
        lock (gate)
            return open == 0 ? Task.CompletedTask : (drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    public async ValueTask DisposeAsync()
    {
        waiting.Writer.Complete();
        await loop;
        await writer.DisposeAsync();
    }

    private async Task RunAsync()
    {
        var batch = new FloorBatch();
        var writes = new List<Write>();
        while (await waiting.Reader.WaitToReadAsync())
        {
            batch.Clear();
            writes.Clear();
            while (waiting.Reader.TryPeek(out var next) && Fits(batch, next))
            {
                waiting.Reader.TryRead(out _);
                Add(batch, next);
                writes.Add(next);
            }

            await writer.WriteAsync(batch);
            commits++;
            statements += writer.StatementsOf(batch);
            rows += batch.Rows;
            foreach (var write in writes)
                Committed(write);
        }
    }

    private static bool Fits(FloorBatch batch, Write next) =>
        (next.IsEnd ? batch.Ends.Count : batch.Jobs.Count) is var there && (there == 0 || there + next.Count <= BatchMax);

    private void Add(FloorBatch batch, Write write)
    {
        if (write.IsEnd)
        {
            for (var i = 0; i < write.Count; i++)
                batch.Ends.Add(write.Ids.Plus(i));
            return;
        }

        if (counter + write.Count >= JobId.CounterEnd)
            counter = 0;
        write.Ids = JobId.Create(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), counter, writer.Shard, 1);
        counter += write.Count;
        for (var i = 0; i < write.Count; i++)
        {
            batch.Jobs.Add((write.Ids.Plus(i), Payloads.Of(write.First + i)));
            bytes += Payloads.Of(write.First + i).Length;
        }
    }

    private void Committed(Write write)
    {
        if (write.IsEnd)
        {
            Ended(write.Count);
            return;
        }

        lock (gate)
        {
            open += write.Count;
            backlog?.Add(write);
        }

        write.Done!.SetResult();
        if (backlog is null)
            Run(write);
    }

    private void Run(Write write)
    {
        for (var i = 0; i < write.Count; i++)
            tally.Ran(write.First + i);
        waiting.Writer.TryWrite(write with { IsEnd = true });
    }

    private void Ended(int count)
    {
        lock (gate)
        {
            open -= count;
            if (open == 0)
                drained?.TrySetResult();
        }
    }

    private sealed record Write(int First, int Count, TaskCompletionSource? Done)
    {
        public bool IsEnd { get; init; }

        public JobId Ids { get; set; }
    }
}
