using Hearth.Storage;

namespace Hearth.Schedules;

/// <summary>What owners do with schedules. Whoever meets a tick or another owner in between reads again and decides anew.</summary>
internal sealed class ScheduleBook(IScheduleStore store, IScheduleQueues queues)
{
    /// <summary>How long runs are kept; ticks of before cannot be told from those that have had a job.</summary>
    public static readonly TimeSpan RunsKept = TimeSpan.FromDays(30);

    private const int TriesMax = 20;

    public DateTimeOffset Now => store.Now;

    public IScheduleStore Store => store;

    public async Task<Schedule?> FindAsync(string name, CancellationToken cancellationToken) =>
        await store.FindAsync(name, cancellationToken) is { } row ? Schedule.Read(row) : null;

    /// <summary>Stores a definition that has been checked, where what is stored now is as expected.</summary>
    /// <param name="name">The schedule.</param>
    /// <param name="definition">The new definition; ticks of the old one that are due and not decided on are left out where its timing changes.</param>
    /// <param name="pause">Whether it is paused; null: as it was.</param>
    /// <param name="isExpected">What is stored now (null: nothing): whether to go on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ScheduleAnswer> PutAsync(
        string name, ScheduleDefinition definition, SchedulePause? pause, Func<Schedule?, bool> isExpected, CancellationToken cancellationToken)
    {
        for (var i = 0; i < TriesMax; i++)
        {
            var stored = await FindAsync(name, cancellationToken);
            if (!isExpected(stored))
                return new ScheduleAnswer(ScheduleResult.NotExpected, stored);
            if (stored is not null && await ChangeOnceAsync(stored, Redefined(stored, definition, pause), cancellationToken) is { } changed)
                return new ScheduleAnswer(ScheduleResult.Changed, changed);
            if (stored is null && await CreateAsync(name, definition, pause, cancellationToken) is { } created)
                return new ScheduleAnswer(ScheduleResult.Created, created);
        }

        throw new StoreUnavailableException($"Schedule '{name}' changes all the time.");
    }

    /// <summary>Pauses a schedule, or tells another reason. Ticks pass by; what waits goes on waiting.</summary>
    public Task<ScheduleAnswer> PauseAsync(string name, string? reason, Func<Schedule, bool> isExpected, CancellationToken cancellationToken) => ChangeAsync(
        name, isExpected,
        schedule => Of(schedule, Paused(schedule.State, new SchedulePause(true, reason)), isNewVersion: true), cancellationToken);

    /// <summary>Lets a schedule tick again, from now on.</summary>
    public Task<ScheduleAnswer> ResumeAsync(string name, Func<Schedule, bool> isExpected, CancellationToken cancellationToken) => ChangeAsync(
        name, isExpected,
        schedule => schedule.State.PausedAt is null
            ? null
            : Of(schedule, Paused(schedule.State, new SchedulePause(false)), isNewVersion: true),
        cancellationToken);

    /// <summary>Submits a job now, whatever the overlap policy says, also while it is paused. The same key gives the same run.</summary>
    public async Task<(ScheduleAnswer Answer, ScheduleRunRow? Run)> TriggerAsync(string name, string? key, CancellationToken cancellationToken)
    {
        // Its own key tells a repeat after a lost connection from another trigger.
        var ownKey = key is null ? "own:" + Guid.NewGuid().ToString("N") : "key:" + key;
        for (var i = 0; i < TriesMax; i++)
        {
            if (await FindAsync(name, cancellationToken) is not { } schedule)
                return (ScheduleAnswer.Unknown, null);
            if ((key is not null || i > 0) && await store.FindRunAsync(schedule.Row.Id, ownKey, cancellationToken) is { } run)
                return (new ScheduleAnswer(ScheduleResult.Unchanged, schedule), run);
            var now = store.Now;
            var job = InboxIds.Create(now, await queues.ShardAsync(schedule.Definition.Queue, ScheduleJobs.Of(schedule, now), cancellationToken));
            var made = new ScheduleRunRow(now, TickCause.Trigger, TickOutcome.Submitted, now, job, ownKey);
            var change = Of(schedule, Opened(schedule, [made])) with { Runs = [made], Posts = ScheduleRunner.Posts(schedule, [made], now) };
            if (await ChangeOnceAsync(schedule, change, cancellationToken) is not { } changed)
                continue;
            await queues.TakeInAsync(job, cancellationToken);
            return (new ScheduleAnswer(ScheduleResult.Changed, changed), made);
        }

        throw new StoreUnavailableException($"Schedule '{name}' changes all the time.");
    }

    /// <summary>Runs the ticks of a time that have no job: all at once, or one after the other.</summary>
    /// <param name="name">The schedule.</param>
    /// <param name="from">Ticks at or after this.</param>
    /// <param name="to">And before this, which is not in the future.</param>
    /// <param name="oneByOne">Whether each waits for the job before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The number of ticks, and of jobs submitted at once; more than <see cref="ScheduleLimits.BackfillMax"/> ticks: nothing was done.</returns>
    public async Task<(ScheduleAnswer Answer, int Ticks, int Submitted)> BackfillAsync(
        string name, DateTimeOffset from, DateTimeOffset to, bool oneByOne, CancellationToken cancellationToken)
    {
        for (var i = 0; i < TriesMax; i++)
        {
            if (await FindAsync(name, cancellationToken) is not { } schedule)
                return (ScheduleAnswer.Unknown, 0, 0);
            var ticks = Ticks(schedule.Table, from, to);
            if (ticks.Count > ScheduleLimits.BackfillMax || (oneByOne && ticks.Count + schedule.State.Buffered.Count > ScheduleLimits.BufferedMax))
                return (new ScheduleAnswer(ScheduleResult.TooMany, schedule), ticks.Count, 0);
            var change = await BackfillAsync(schedule, ticks, oneByOne, cancellationToken);
            var changed = (await store.ChangeAsync([change], cancellationToken))[0];
            if (changed.IsDone)
                return (new ScheduleAnswer(ScheduleResult.Changed, schedule), ticks.Count, changed.Jobs.Count);
        }

        throw new StoreUnavailableException($"Schedule '{name}' changes all the time.");
    }

    /// <summary>Forgets a schedule with its runs, also one that cannot be read. Its jobs stay.</summary>
    public async Task<ScheduleAnswer> DeleteAsync(string name, Func<ScheduleRow, bool> isExpected, CancellationToken cancellationToken)
    {
        for (var i = 0; i < TriesMax; i++)
        {
            if (await store.FindAsync(name, cancellationToken) is not { } schedule)
                return ScheduleAnswer.Unknown;
            if (!isExpected(schedule))
                return new ScheduleAnswer(ScheduleResult.NotExpected, null);
            if (await store.DeleteAsync(schedule.Id, schedule.Revision, cancellationToken))
                return new ScheduleAnswer(ScheduleResult.Changed, null);
        }

        throw new StoreUnavailableException($"Schedule '{name}' changes all the time.");
    }

    private async Task<ScheduleAnswer> ChangeAsync(
        string name, Func<Schedule, bool> isExpected, Func<Schedule, ScheduleChange?> change, CancellationToken cancellationToken)
    {
        for (var i = 0; i < TriesMax; i++)
        {
            if (await FindAsync(name, cancellationToken) is not { } schedule)
                return ScheduleAnswer.Unknown;
            if (!isExpected(schedule))
                return new ScheduleAnswer(ScheduleResult.NotExpected, schedule);
            if (change(schedule) is not { } wanted)
                return new ScheduleAnswer(ScheduleResult.Unchanged, schedule);
            if (await ChangeOnceAsync(schedule, wanted, cancellationToken) is { } changed)
                return new ScheduleAnswer(ScheduleResult.Changed, changed);
        }

        throw new StoreUnavailableException($"Schedule '{name}' changes all the time.");
    }

    private async Task<Schedule?> CreateAsync(string name, ScheduleDefinition definition, SchedulePause? pause, CancellationToken cancellationToken)
    {
        var now = store.Now;
        var state = Paused(new ScheduleState { CreatedAt = now, UpdatedAt = now, Tick = now }, pause);
        var table = Timetable.Create(name, definition.Timing).Table!;
        var row = new ScheduleRow(
            Guid.NewGuid(), name, ScheduleRunner.SlotOf(name), 1, 1, Schedule.Write(definition), state.Write(), ScheduleTurn.NextAt(table, state, now));
        return await store.CreateAsync(row, cancellationToken) ? Schedule.Read(row) : null;
    }

    private ScheduleState Paused(ScheduleState state, SchedulePause? pause) => pause switch
    {
        null => state,
        { IsPaused: true } => state with { PausedAt = state.PausedAt ?? store.Now, Reason = pause.Reason },
        _ when state.PausedAt is null => state,
        _ => state with { PausedAt = null, Reason = null, Tick = store.Now },
    };

    private ScheduleChange Redefined(Schedule stored, ScheduleDefinition definition, SchedulePause? pause)
    {
        var isSameTiming = Schedule.Write(stored.Definition with { Timing = definition.Timing }).AsSpan().SequenceEqual(stored.Row.Definition.Span);
        var redefined = stored with { Definition = definition, Table = Timetable.Create(stored.Name, definition.Timing).Table! };
        var state = Paused(isSameTiming ? stored.State : stored.State with { Tick = store.Now }, pause);
        return Of(redefined, state, isNewVersion: true) with { Definition = Schedule.Write(definition) };
    }

    private ScheduleChange Of(Schedule schedule, ScheduleState state, bool isNewVersion = false)
    {
        var now = store.Now;
        var changed = isNewVersion ? state with { UpdatedAt = now } : state;
        return new ScheduleChange(
            schedule.Row.Id, schedule.Row.Revision, changed.Write(), ScheduleTurn.NextAt(schedule.Table, changed, now), IsNewVersion: isNewVersion);
    }

    private async Task<Schedule?> ChangeOnceAsync(Schedule schedule, ScheduleChange change, CancellationToken cancellationToken)
    {
        if (!(await store.ChangeAsync([change], cancellationToken))[0].IsDone)
            return null;
        return Schedule.Read(schedule.Row with
        {
            Revision = schedule.Row.Revision + 1,
            Version = schedule.Row.Version + (change.IsNewVersion ? 1 : 0),
            State = change.State,
            NextAt = change.NextAt,
            Definition = change.Definition ?? schedule.Row.Definition,
        });
    }

    /// <summary>The next ticks see these jobs as the ones before them. Of many, the last ones.</summary>
    private static ScheduleState Opened(Schedule schedule, IEnumerable<ScheduleRunRow> runs) => schedule.Definition.Overlap == OverlapPolicy.Allow
        ? schedule.State
        : schedule.State with { Open = [.. schedule.State.Open.Concat(runs.Select(run => run.Job!.Value.Value)).TakeLast(ScheduleLimits.BackfillMax)] };

    private static List<DateTimeOffset> Ticks(Timetable table, DateTimeOffset from, DateTimeOffset to)
    {
        var ticks = new List<DateTimeOffset>();
        for (var tick = table.Next(from.AddTicks(-1)); tick < to && ticks.Count <= ScheduleLimits.BackfillMax; tick = table.Next(tick.Value))
            ticks.Add(tick.Value);
        return ticks;
    }

    private async Task<ScheduleChange> BackfillAsync(Schedule schedule, List<DateTimeOffset> ticks, bool oneByOne, CancellationToken cancellationToken)
    {
        var now = store.Now;
        if (oneByOne)
        {
            var buffered = schedule.State.Buffered.Concat(ticks).Distinct().ToList();
            var filling = schedule.Definition.Overlap is OverlapPolicy.Allow or OverlapPolicy.CancelOther ? schedule.State.Filling.Concat(ticks).Distinct().ToList() : schedule.State.Filling;
            return Of(schedule, schedule.State with { Buffered = buffered, Filling = filling }) with
            {
                Runs = [.. ticks.Select(tick => new ScheduleRunRow(tick, TickCause.Tick, TickOutcome.Buffered, now))],
            };
        }

        var shard = await queues.ShardAsync(schedule.Definition.Queue, ScheduleJobs.Of(schedule, now), cancellationToken);
        var runs = ticks.ConvertAll(tick => new ScheduleRunRow(tick, TickCause.Tick, TickOutcome.Submitted, now, InboxIds.Create(now, shard)));
        return Of(schedule, Opened(schedule, runs)) with { Runs = runs, Posts = ScheduleRunner.Posts(schedule, runs, now) };
    }
}

/// <param name="IsPaused">Whether it is.</param>
/// <param name="Reason">Why; null: nothing is said.</param>
internal sealed record SchedulePause(bool IsPaused, string? Reason = null);

/// <summary>What became of what an owner asked for.</summary>
internal enum ScheduleResult
{
    Created,
    Changed,
    Unchanged,
    Unknown,
    NotExpected,
    TooMany,
}

/// <param name="Result">What became of it.</param>
/// <param name="Schedule">As it is now; null when there is none.</param>
internal sealed record ScheduleAnswer(ScheduleResult Result, Schedule? Schedule)
{
    public static ScheduleAnswer Unknown { get; } = new(ScheduleResult.Unknown, null);
}
