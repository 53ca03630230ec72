using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>A shard's memory with limits, without the shard: jobs come, are taken, end. What is rung for is taken at once.</summary>
internal sealed class LimitsRig : IShardLimitsHost
{
    private readonly List<(Guid Scope, int Count)> coming = [];
    private int counter;

    public LimitsRig(QueueLimits? limits)
    {
        if (limits is not null)
            Use(limits);
    }

    public ShardMemory Memory { get; } = new(new PayloadBudget());

    public ShardLimits? Limits { get; private set; }

    /// <summary>Counts from the next <see cref="Use"/> on.</summary>
    public CircuitBreaker? Breaker { get; set; }

    public long Now { get; set; } = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    /// <summary>When the shard's timer would call.</summary>
    public long ArmedFor { get; private set; } = long.MaxValue;

    /// <summary>Functions rung for since it was last asked.</summary>
    public HashSet<string> Rung { get; } = [];

    public void Use(QueueLimits limits)
    {
        Limits = new ShardLimits(limits, Memory.Keys, StartsBefore.None, Limits, this) { Breaker = Breaker };
        Memory.Use(Limits);
    }

    public void Ring(FunctionQueue queue) => Rung.Add(queue.Function);

    public void RingAll()
    {
        foreach (var queue in Memory.Queues.Where(queue => queue.HasOffers))
            Rung.Add(queue.Function);
    }

    public void Arm() => ArmedFor = Limits?.NextTime ?? long.MaxValue;

    public string NameOf(byte silo) => $"silo {silo}";

    public void Ask()
    {
    }

    public void Store(Guid scope, long at, int count, long keptUntil) => coming.Add((scope, count));

    /// <summary>What was to be stored is.</summary>
    public void Arrive()
    {
        foreach (var (scope, count) in coming.ToList())
            Limits!.Stored(scope, count);
        coming.Clear();
    }

    public JobEntry Add(string? key = null, byte priority = 3, string function = "f")
    {
        var id = JobId.Create(new DateTimeOffset(Now, TimeSpan.Zero).ToUnixTimeMilliseconds(), ++counter, 1, 1);
        var job = Memory.Add(id, function)!;
        Memory.Describe(job, JobWorld.Spec(function, "", new JobOptions { Key = key, Priority = priority }));
        Memory.Line(job);
        Rung.Add(function);
        return job;
    }

    /// <summary>Takes a job as a pump does that has a slot, and hands it out.</summary>
    public JobEntry? Start(string function = "f", byte silo = 0)
    {
        if (Memory.QueueOf(function) is not { } queue || Limits?.Room(1, silo) == 0 || Taken(queue, silo) is not { } job)
            return null;
        job.Holder = silo;
        job.State = JobState.Running;
        job.Attempt++;
        job.StartedAt = Now;
        Limits?.Reserve(job);
        Assert.NotEqual(false, Limits?.TryHandOut(job));
        return job;
    }

    private static JobEntry? Taken(FunctionQueue queue, byte silo)
    {
        var job = queue.Take(silo);
        queue.EndTaking();
        return job;
    }

    public void End(JobEntry job)
    {
        if (Memory.End(new JobEnd(job.Id, JobState.Succeeded, 1, null, default, default, null)) is { } next)
        {
            Memory.Line(next);
            Rung.Add(next.Queue.Function);
        }
    }

    /// <summary>An attempt has failed.</summary>
    public static void Fail(JobEntry job) => job.State = JobState.Retrying;

    /// <summary>Its next one is due.</summary>
    public void Retry(JobEntry job)
    {
        Memory.Line(job);
        Rung.Add(job.Queue.Function);
    }

    /// <summary>Takes what can be had of the functions that were rung for, and no others: what is not rung for must not be there.</summary>
    public List<JobEntry> Answer()
    {
        var started = new List<JobEntry>();
        while (Rung.Count > 0)
        {
            var function = Rung.First();
            Rung.Remove(function);
            while (Start(function) is { } job)
                started.Add(job);
        }

        return started;
    }
}
