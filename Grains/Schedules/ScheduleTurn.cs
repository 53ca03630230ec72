using System.Globalization;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Schedules;

/// <summary>
/// What a schedule does at a time, decided by nothing but its arguments: (1) a tick that waited, when the job before has ended and the pool is idle enough;
/// (2) ticks that were missed, as the catch-up policy says; (3) ticks that are due, as the overlap policy says; (4) when to look again.
/// </summary>
internal sealed class ScheduleTurn
{
    /// <summary>A tick that is later is a missed one.</summary>
    public static readonly TimeSpan LateMax = TimeSpan.FromMinutes(1);

    /// <summary>How often it is looked whether the job has ended that a tick waits for, and whether the pool is idle enough.</summary>
    public static readonly TimeSpan BufferedPoll = TimeSpan.FromSeconds(2);

    /// <summary>Ticks of one turn; the rest is done in the next, at once.</summary>
    private const int TicksMax = 100;

    private readonly Schedule schedule;
    private readonly DateTimeOffset now;
    private readonly Func<JobId> mint;
    private readonly List<Guid> open;
    private readonly List<DateTimeOffset> buffered;
    private readonly List<DateTimeOffset> filling;
    private readonly List<ScheduleRunRow> runs = [];
    private readonly List<Guid> cancels = [];
    private readonly int? load;
    private DateTimeOffset tick;

    private ScheduleTurn(Schedule schedule, DateTimeOffset now, Func<Guid, bool> isOpen, Func<JobId> mint, int? load)
    {
        this.load = load;
        (this.schedule, this.now, this.mint, tick) = (schedule, now, mint, schedule.State.Tick);
        open = [.. schedule.State.Open.Where(isOpen)];
        buffered = [.. schedule.State.Buffered];
        filling = [.. schedule.State.Filling];
    }

    private ScheduleDefinition Definition => schedule.Definition;

    /// <param name="schedule">It, not paused.</param>
    /// <param name="now">On the store's clock.</param>
    /// <param name="isOpen">Whether a job has not ended.</param>
    /// <param name="mint">Makes ids for jobs.</param>
    /// <param name="load">Of the pool, percent; null: unknown. It counts where the calendar has a bound.</param>
    public static ScheduleTurnResult Take(Schedule schedule, DateTimeOffset now, Func<Guid, bool> isOpen, Func<JobId> mint, int? load = null) =>
        new ScheduleTurn(schedule, now, isOpen, mint, load).Take();

    private ScheduleTurnResult Take()
    {
        TakeBuffered();

        CatchUp();
        while (runs.Count < TicksMax && schedule.Table.Next(tick) is { } next && schedule.Table.ReleaseOf(next) <= now)
        {
            tick = next;
            Overlap(next);
        }

        var state = schedule.State with { Tick = tick, Open = open, Buffered = buffered, Filling = filling };
        return new ScheduleTurnResult(state, NextAt(schedule.Table, state, now, Definition.Timing.Calendar?.LoadMax is not null), runs, cancels);
    }

    /// <summary>When a schedule in a state is to be looked at; null: never by itself.</summary>
    public static DateTimeOffset? NextAt(Timetable table, ScheduleState state, DateTimeOffset now, bool hasLoadMax = false)
    {
        if (state.PausedAt is not null)
            return null;
        var next = table.Next(state.Tick) is { } tick ? table.ReleaseOf(tick) : (DateTimeOffset?)null;
        if (state.Buffered.Count == 0)
            return next;
        var look = now + BufferedPoll;
        // With a bound on the load, what waits goes only while ticks are allowed.
        if (hasLoadMax && table.NextOpen(now) is { } opens && opens > look)
            look = opens;
        return next < look ? next : look;
    }

    private bool IsTooBusy => Definition.Timing.Calendar?.LoadMax is { } max && !(load <= max);

    private void TakeBuffered()
    {
        if (buffered.Count == 0)
            return;
        if (Definition.Timing.Calendar is { LoadMax: not null } calendar && schedule.Table.NextOpen(now) != now)
        {
            if (calendar.Outside == OutsidePolicy.Shift)
                return;
            runs.AddRange(buffered.Select(waited => new ScheduleRunRow(waited, TickCause.Tick, TickOutcome.Skipped, now, Detail: "The calendar allows no more before it could run.")));
            buffered.Clear();
            filling.Clear();
            return;
        }

        var isFilled = filling.Contains(buffered[0]);
        if (IsTooBusy || (open.Count > 0 && (isFilled || Definition.Overlap != OverlapPolicy.CancelOther)))
            return;
        if (open.Count > 0)
            CancelOthers();
        Submit(buffered[0], isFilled);
        filling.Remove(buffered[0]);
        buffered.RemoveAt(0);
    }

    private void CatchUp()
    {
        if (schedule.Table.LastBefore(tick, now - LateMax - (Definition.Timing.Jitter ?? TimeSpan.Zero)) is not { } last)
            return;
        var first = schedule.Table.Next(tick)!.Value;
        var oldest = now - Definition.CatchUpWindow;
        switch (Definition.CatchUp)
        {
            case CatchUpPolicy.One when last >= oldest:
                if (first < last)
                    Miss(first, schedule.Table.LastBefore(tick, last)!.Value, "catchUp is one");
                tick = last;
                Overlap(last);
                break;
            case CatchUpPolicy.All when last >= oldest:
                if (first < oldest)
                    Miss(first, schedule.Table.LastBefore(tick, oldest)!.Value, "older than catchUpWindow");
                // The others are taken like those that are due.
                break;
            default:
                Miss(first, last, Definition.CatchUp == CatchUpPolicy.Skip ? "catchUp is skip" : "older than catchUpWindow");
                break;
        }
    }

    private void Miss(DateTimeOffset first, DateTimeOffset last, string why)
    {
        tick = last;
        runs.Add(new ScheduleRunRow(
            first, TickCause.Tick, TickOutcome.Missed, now,
            Detail: first == last ? $"Missed: {why}." : string.Create(CultureInfo.InvariantCulture, $"Missed, as all ticks up to {last:yyyy-MM-dd'T'HH:mm:ss'Z'}: {why}.")));
    }

    private void Overlap(DateTimeOffset due)
    {
        if (IsTooBusy && WaitsForNothingElse())
        {
            buffered.Add(due);
            runs.Add(new ScheduleRunRow(due, TickCause.Tick, TickOutcome.Buffered, now, Detail: Busy()));
            return;
        }

        var isBusy = open.Count > 0 || buffered.Count > 0;
        switch (Definition.Overlap)
        {
            case OverlapPolicy.Allow or OverlapPolicy.CancelOther when IsTooBusy:
            case OverlapPolicy.Skip when isBusy:
            case OverlapPolicy.BufferOne when isBusy && buffered.Count >= 1:
            case OverlapPolicy.BufferAll when isBusy && buffered.Count >= ScheduleLimits.BufferedMax:
                runs.Add(new ScheduleRunRow(due, TickCause.Tick, TickOutcome.Skipped, now, Detail: Why()));
                break;
            case OverlapPolicy.BufferOne or OverlapPolicy.BufferAll when isBusy:
                buffered.Add(due);
                runs.Add(new ScheduleRunRow(due, TickCause.Tick, TickOutcome.Buffered, now));
                break;
            case OverlapPolicy.CancelOther:
                CancelOthers();
                Submit(due);
                break;
            default:
                Submit(due);
                break;
        }
    }

    /// <summary>Whether the pool's load is all that a tick has to wait for; where others wait for it already, the overlap policy says.</summary>
    private bool WaitsForNothingElse() =>
        buffered.Count == 0 && (open.Count == 0 || Definition.Overlap is OverlapPolicy.Allow or OverlapPolicy.CancelOther);

    private string Busy() => string.Create(
        CultureInfo.InvariantCulture, $"The pool's load {(load is { } percent ? $"is {percent}%" : "is not known")}, and loadMax {Definition.Timing.Calendar!.LoadMax}%.");

    private string Why() => buffered.Count > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{buffered.Count} waited already.")
        : $"Job {new JobId(open[^1])} had not ended.";

    private void CancelOthers()
    {
        // Jobs of this very turn are not there yet: of several ticks that are due together, the last one runs.
        for (var i = 0; i < runs.Count; i++)
        {
            if (runs[i].Job is { } job && open.Remove(job.Value))
                runs[i] = runs[i] with { Outcome = TickOutcome.Skipped, Job = null, Detail = "A later tick was due as well, and overlap is cancelOther." };
        }

        cancels.AddRange(open);
        open.Clear();
    }

    private void Submit(DateTimeOffset due, bool isFilled = false)
    {
        var job = mint();
        if (isFilled || Definition.Overlap != OverlapPolicy.Allow)
            open.Add(job.Value);
        runs.Add(new ScheduleRunRow(due, TickCause.Tick, TickOutcome.Submitted, now, job));
    }
}

/// <param name="State">The new one.</param>
/// <param name="NextAt">When to look again.</param>
/// <param name="Runs">What became of ticks; those with a job are to be submitted.</param>
/// <param name="Cancels">Jobs to cancel before.</param>
internal sealed record ScheduleTurnResult(
    ScheduleState State, DateTimeOffset? NextAt, IReadOnlyList<ScheduleRunRow> Runs, IReadOnlyList<Guid> Cancels);
