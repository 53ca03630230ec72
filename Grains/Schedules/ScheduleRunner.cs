using Hearth.Jobs;
using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Schedules;

/// <summary>
/// Takes the turns of schedules that are due: (1) what of their jobs has ended, (2) what is to be done, (3) jobs that must go are cancelled, (4) the
/// schedule and its jobs are stored in one commit. Whoever was overtaken is refused there: two who run the same schedules do each tick once.
/// </summary>
internal sealed partial class ScheduleRunner(IScheduleStore store, IScheduleQueues queues, ILogger<ScheduleRunner> logger)
{
    /// <summary>Schedules are shared out in so many parts.</summary>
    public const int Slots = 64;

    private const int ChangesMax = 100;

    /// <summary>When a schedule that could not take its turn is looked at again.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    public static int SlotOf(string name) => (int)(StableHash.Of(name) % Slots);

    /// <summary>Takes the turn of each of these, which are due.</summary>
    /// <returns>How many jobs were submitted.</returns>
    public async Task<int> RunAsync(IReadOnlyList<ScheduleRow> due, CancellationToken cancellationToken)
    {
        var submitted = 0;
        foreach (var chunk in due.Chunk(ChangesMax))
        {
            var schedules = chunk.Select(Read).OfType<Schedule>().ToList();
            var changes = new List<ScheduleChange>(chunk.Length);
            changes.AddRange(chunk.Where(row => schedules.TrueForAll(s => s.Row != row)).Select(Postponed));
            var open = await store.OpenAsync([.. schedules.SelectMany(s => s.State.Open).Select(id => new JobId(id))], cancellationToken);
            foreach (var schedule in schedules)
                changes.Add(await TurnAsync(schedule, open, cancellationToken));
            submitted += await StoreAsync(changes, chunk.ToDictionary(row => row.Id), cancellationToken);
        }

        return submitted;
    }

    /// <summary>Together, or where that fails one by one: one that the store does not take must not hold up the others.</summary>
    private async Task<int> StoreAsync(IReadOnlyList<ScheduleChange> changes, Dictionary<Guid, ScheduleRow> rows, CancellationToken cancellationToken)
    {
        try
        {
            return await StoreAsync(changes, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            var submitted = 0;
            foreach (var change in changes)
                submitted += await StoreOneAsync(change, rows[change.Id], cancellationToken);
            return submitted;
        }
    }

    private async Task<int> StoreOneAsync(ScheduleChange change, ScheduleRow row, CancellationToken cancellationToken)
    {
        try
        {
            return await StoreAsync([change], cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            // Where the store is away, this fails as well.
            var submitted = await StoreAsync([Postponed(row)], cancellationToken);
            LogPostponed(logger, row.Name, Again.TotalSeconds, e);
            return submitted;
        }
    }

    private async Task<int> StoreAsync(IReadOnlyList<ScheduleChange> changes, CancellationToken cancellationToken) =>
        (await store.ChangeAsync(changes, cancellationToken)).Sum(changed => changed.Jobs.Count);

    private async Task<ScheduleChange> TurnAsync(Schedule schedule, IReadOnlySet<JobId> open, CancellationToken cancellationToken)
    {
        try
        {
            var shard = await queues.ShardAsync(schedule.Definition.Queue, ScheduleJobs.Of(schedule, store.Now), cancellationToken);
            var load = schedule.Definition.Timing.Calendar?.LoadMax is null ? null : await queues.LoadAsync(schedule.Definition.Queue, cancellationToken);
            var now = store.Now;
            var turn = ScheduleTurn.Take(schedule, now, id => open.Contains(new JobId(id)), () => InboxIds.Create(now, shard), load);
            foreach (var job in turn.Cancels)
                await queues.CancelAsync(new JobId(job), cancellationToken);
            return new ScheduleChange(schedule.Row.Id, schedule.Row.Revision, turn.State.Write(), turn.NextAt)
            {
                Runs = turn.Runs,
                Posts = Posts(schedule, turn.Runs, now),
            };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogPostponed(logger, schedule.Name, Again.TotalSeconds, e);
            return Postponed(schedule.Row);
        }
    }

    /// <summary>What runs with a job put into the inbox.</summary>
    public static IReadOnlyList<InboxPost> Posts(Schedule schedule, IEnumerable<ScheduleRunRow> runs, DateTimeOffset now) =>
    [
        .. runs.Where(run => run.Job is not null).Select(run => new InboxPost(
            run.Job!.Value.Shard, run.Job.Value, ScheduleJobs.Of(schedule.Name, schedule.Definition.Job, run.Tick, now))),
    ];

    private Schedule? Read(ScheduleRow row)
    {
        try
        {
            return Schedule.Read(row);
        }
        catch (ScheduleUnreadableException e)
        {
            LogPostponed(logger, row.Name, Again.TotalSeconds, e);
            return null;
        }
    }

    private ScheduleChange Postponed(ScheduleRow row) => new(row.Id, row.Revision, row.State, store.Now + Again);

    [LoggerMessage(LogLevel.Warning, "Schedule '{Schedule}' could not take its turn; it is looked at again in {Seconds} s")]
    private static partial void LogPostponed(ILogger logger, string schedule, double seconds, Exception error);
}
