using Hearth.Queues;

namespace Hearth.Jobs;

/// <summary>
/// Closed, it counts how the last attempts went. When too many have failed it is open: nothing starts for a pause. Then it is half open: a few attempts
/// start as probes; the first that succeeds closes it, the first that fails opens it again, for a longer pause. Only attempts that started in the state that
/// they are to change count. Times are ticks and never go back. No I/O.
/// </summary>
internal sealed class CircuitBreaker(QueueBreaker rule, long now)
{
    private static readonly TimeSpan PauseDefault = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PauseMaxDefault = TimeSpan.FromMinutes(10);

    private readonly Queue<(long At, bool Failed)> last = new();

    /// <summary>Attempts that started since it was opened, and the opening that they followed.</summary>
    private readonly Dictionary<JobId, int> probes = [];

    private int? failures = 0;
    private int opened;
    private long openUntil;

    /// <summary>What it goes by.</summary>
    public QueueBreaker Rule { get; set; } = rule;

    /// <summary>How often it was opened since it was closed.</summary>
    public int Openings { get; private set; }

    /// <summary>When it was opened or closed.</summary>
    public long ChangedAt { get; private set; } = now;

    /// <summary>When the next attempt may start; 0: it is closed.</summary>
    public long OpenUntil => Volatile.Read(ref openUntil);

    /// <summary>Called from outside of the shard as well.</summary>
    public BreakerState StateAt(long now) => OpenUntil is var until && until == 0 ? BreakerState.Closed : now < until ? BreakerState.Open : BreakerState.HalfOpen;

    /// <summary>How many attempts may start.</summary>
    public int Room(long now) => StateAt(now) switch
    {
        BreakerState.Closed => int.MaxValue,
        BreakerState.HalfOpen => Math.Max(0, Rule.Probes - probes.Count),
        _ => 0,
    };

    /// <summary>A job has been taken.</summary>
    public void Started(JobId id)
    {
        if (openUntil != 0)
            probes[id] = opened;
    }

    /// <summary>Whether a job that was taken may still start: not when it was opened meanwhile.</summary>
    public bool MayGoOut(JobId id) => openUntil == 0 || IsProbe(id);

    /// <summary>It does not run any more, whatever became of it.</summary>
    public void Stopped(JobId id)
    {
        if (probes.Count > 0)
            probes.Remove(id);
    }

    /// <summary>An attempt has succeeded or failed.</summary>
    /// <param name="id">The job.</param>
    /// <param name="startedAt">When the attempt started.</param>
    /// <param name="failed">It has failed.</param>
    /// <param name="now">Now.</param>
    /// <returns>Whether it was opened or closed by it.</returns>
    public bool Judge(JobId id, long startedAt, bool failed, long now)
    {
        if (openUntil == 0)
            return startedAt >= ChangedAt && Count(failed, now);
        if (now < openUntil || !IsProbe(id))
            return false;
        if (!failed)
        {
            Close(now);
            return true;
        }

        failures++;
        Open(now);
        return true;
    }

    public void Close(long now)
    {
        last.Clear();
        (failures, Openings, ChangedAt) = (0, 0, now);
        Volatile.Write(ref openUntil, 0);
    }

    /// <summary>As a former owner has left it.</summary>
    /// <param name="at">When that one opened it.</param>
    /// <param name="openings">How often since it was closed.</param>
    public void Restore(long at, int openings)
    {
        (failures, Openings) = (null, openings - 1);
        Open(at);
    }

    public BreakerView Show(long now)
    {
        Forget(now);
        var state = StateAt(now);
        return new BreakerView(
            state, At(state == BreakerState.HalfOpen ? openUntil : ChangedAt), failures, state == BreakerState.Open ? At(openUntil) : null,
            state == BreakerState.HalfOpen ? probes.Count : 0);
    }

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);

    private bool IsProbe(JobId id) => probes.TryGetValue(id, out var opening) && opening == opened;

    private bool Count(bool failed, long now)
    {
        last.Enqueue((now, failed));
        failures += failed ? 1 : 0;
        Forget(now);
        if (!failed || failures < Rule.Failures)
            return false;
        Open(now);
        return true;
    }

    /// <summary>What does not count any more.</summary>
    private void Forget(long now)
    {
        var (max, from) = (Rule.Of ?? Rule.Failures, Rule.Within is { } within ? now - within.Ticks : long.MinValue);
        while (last.TryPeek(out var oldest) && (last.Count > max || oldest.At <= from))
        {
            last.Dequeue();
            failures -= oldest.Failed ? 1 : 0;
        }
    }

    private void Open(long now)
    {
        last.Clear();
        opened++;
        (Openings, ChangedAt) = (Openings + 1, now);
        Volatile.Write(ref openUntil, now + Pause(Openings));
    }

    private long Pause(int opening)
    {
        var pause = Rule.Pause ?? PauseDefault;
        var max = (Rule.PauseMax ?? (pause > PauseMaxDefault ? pause : PauseMaxDefault)).Ticks;
        var ticks = pause.Ticks;
        for (var doubled = 1; doubled < opening && ticks < max; doubled++)
            ticks *= 2;
        return Math.Min(ticks, max);
    }
}
