using Hearth.Cluster;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>What a change of the cluster means for a shard: jobs of silos that have gone, and a place that is another's now.</summary>
internal sealed partial class ShardGrain
{
    private readonly Holders holders = new();
    private readonly Dictionary<(string Silo, string? Function), long> disowned = [];
    private TaskScheduler turns = null!;
    private readonly List<List<JobEntry>> leasing = [];
    private bool isMoving;

    public async Task DisownAsync(string? function, PumpCall last, HeldAttempt[] held)
    {
        // Also what is being handed out by that call just now.
        disowned[(last.Silo, function)] = Math.Max(last.Number, disowned.GetValueOrDefault((last.Silo, function)));
        await RecoveredAsync();
        var place = holders.PlaceOf(last.Silo);
        var kept = held.ToHashSet();
        var lost = memory.Entries.Where(job => job.State == JobState.Running && job.Holder == place && !kept.Contains(new HeldAttempt(job.Id, job.Attempt))
            && (function is null ? job.Crashes > 0 : job.Crashes == 0 && job.Queue.Function == function)).ToList();
        foreach (var job in lost.Where(job => !job.IsChanging && !IsBeingLeased(job)))
            NoteReturned(job, store.Now);
        await journal.WriteAsync();
    }

    private void FollowCluster()
    {
        turns = TaskScheduler.Current;
        cluster.Changed += OnClusterChanged;
        // It may have changed since the grain was placed.
        OnClusterChanged();
    }

    private void UnfollowCluster() => cluster.Changed -= OnClusterChanged;

    private void OnClusterChanged() => _ = Task.Factory.StartNew(
        static shard => ((ShardGrain)shard!).MeetCluster(), this, CancellationToken.None, TaskCreationOptions.DenyChildAttach, turns);

    private void MeetCluster()
    {
        if (isLost || isMoving)
            return;
        var current = cluster.Current;
        foreach (var place in holders.TakeGone(current))
            LoseAll(place);
        foreach (var call in disowned.Keys.Where(call => current.Find(call.Silo) is null).ToList())
            disowned.Remove(call);
        _ = journal.WriteAsync();
        if (current.HomeOf(Key) is { } home && home != cluster.Self)
            Move(home);
        else
            // Silos that came have not been rung for what waits.
            RingAll();
    }

    /// <summary>Nothing starts here any more; what runs elsewhere goes on, and its silos tell the next owner.</summary>
    private void Move(string home)
    {
        isMoving = true;
        LogMoves(logger, Key, home);
        // The activation ends when its calls have.
        ends.Close();
        changes.Close();
        tail.Close();
        outsideBell.Close();
        if (!isRecovered)
            _ = leaving.CancelAsync();
        this.MigrateOnIdle();
    }

    private void LoseAll(byte place)
    {
        var lost = memory.Entries.Where(job => job.State == JobState.Running && job.Holder == place).ToList();
        if (lost.Count > 0)
            LogLostRuns(logger, lost.Count, Key);
        foreach (var job in lost)
        {
            job.Holder = Holders.Nowhere;
            // Its end may be on its way to the store; should that fail, it is lost then.
            if (!job.IsChanging && !IsBeingLeased(job))
                Lose(job);
        }
    }

    /// <summary>The silo that ran it has gone: the attempt has no outcome.</summary>
    private void Lose(JobEntry job)
    {
        // A start on record that nothing followed.
        if (job.IsDoubtful)
            job.Crashes++;
        job.State = JobTransitions.Next(job.State, JobEvent.Returned)!.Value;
        job.IsDoubtful = true;
        LineUp(job);
    }


    /// <summary>Whether a pump may get jobs: its silo lives, and it still waits for the answer.</summary>
    private bool MayHold(PumpCall pump, string? function) => cluster.Current.Find(pump.Silo) is not null
        && (!disowned.TryGetValue((pump.Silo, function), out var last) || pump.Number > last);

    /// <summary>Whether it has been taken for a pump and not handed out yet: whoever does that finds out what has changed.</summary>
    private bool IsBeingLeased(JobEntry job) => leasing.Exists(batch => batch.Contains(job));

    /// <summary>Whether a job runs here or nobody knows where: not on another silo, which lives and can be asked, and not outside, which is on record.</summary>
    private bool IsAtRisk(JobEntry job) => job.State == JobState.Running && job.Holder != Holders.Outside
        && !(holders.NameOf(job.Holder) is { } silo && silo != cluster.Self && cluster.Current.Find(silo) is not null);

    [LoggerMessage(LogLevel.Information, "Shard {Shard} moves to silo {Silo}")]
    private static partial void LogMoves(ILogger logger, string shard, string silo);

    [LoggerMessage(LogLevel.Warning, "{Count} jobs of shard {Shard} ran on a silo that has gone; they run again")]
    private static partial void LogLostRuns(ILogger logger, int count, string shard);
}
