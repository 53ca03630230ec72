using Hearth.Storage;

namespace Hearth.Bench.Jobs;

/// <summary>A kind of store: makes an empty one for each measurement, and looks into it afterwards.</summary>
internal abstract class BenchStore : IAsyncDisposable
{
    public abstract string Name { get; }

    /// <summary>Command line of a silo that uses it.</summary>
    public abstract string[] SiloArguments { get; }

    /// <summary>How many connections the floor may be tried on; none: there is no floor.</summary>
    public virtual int[] FloorConnections => [];

    /// <summary>How many connections Hearth writes on when it has <paramref name="queues"/> queues.</summary>
    public virtual int WritersOf(int queues) => 1;

    /// <summary>Processor time of its own processes.</summary>
    public virtual TimeSpan ServerCpu => TimeSpan.Zero;

    /// <summary>Bytes sent to it by this process.</summary>
    public virtual long Sent => 0;

    /// <summary>Bytes of its write-ahead log so far.</summary>
    public virtual Task<long> LogBytesAsync() => Task.FromResult(0L);

    /// <summary>Changes the silo's services where the command line cannot say it.</summary>
    public virtual void Configure(IServiceCollection services)
    {
    }

    public abstract StoreCounters CountersOf(IJobStore store);

    /// <summary>Makes an empty store, in place of the one before.</summary>
    public abstract Task ResetAsync();

    /// <summary>A store of the same kind beside this one.</summary>
    public virtual Task<BenchStore> OpenAnotherAsync() => throw new NotSupportedException();

    /// <summary>Stores so many jobs of the default queue that have ended, of the last quarter of an hour, and a checkpoint behind them.</summary>
    public virtual Task FillEndedAsync(int jobs) => throw new NotSupportedException();

    /// <summary>After loading, before the clock starts: statistics and pending pages are not the measurement's.</summary>
    public virtual Task SettleAsync() => Task.CompletedTask;

    /// <summary>Rows of <c>job</c> and <c>job_end</c>.</summary>
    public abstract Task<(long Jobs, long Ends)> CountAsync();

    /// <summary>A bare program on the same tables.</summary>
    public virtual Task<ISubject> OpenFloorAsync(Tally tally, int connections) => throw new NotSupportedException();

    public abstract ValueTask DisposeAsync();
}
