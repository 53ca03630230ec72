using Hearth.Jobs;

namespace Hearth.Storage.InMemory;

/// <summary>The reference: what <see cref="IScheduleStore"/> means, under one lock. Silos share the object.</summary>
public sealed class InMemoryScheduleStore(InMemoryJobStore inboxes) : IScheduleStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, ScheduleRow> schedules = new(StringComparer.Ordinal);
    private readonly Dictionary<(Guid Schedule, DateTimeOffset Tick, TickCause Cause), ScheduleRunRow> runs = [];

    /// <summary>Set by tests: the store cannot be reached.</summary>
    public bool IsAway { get; set; }

    /// <summary>Set by tests: what is stored of this schedule must have no runs.</summary>
    public Guid? Rejected { get; set; }

    public DateTimeOffset Now => inboxes.Now;

    public Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) => Do(() => schedules.GetValueOrDefault(name));

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(string? after, int limit, CancellationToken cancellationToken) => Do<IReadOnlyList<ScheduleRow>>(() =>
        [.. schedules.Values.Where(s => string.CompareOrdinal(s.Name, after) > 0).Take(limit)]);

    public Task<IReadOnlyList<ScheduleRow>> DueAsync(
        IReadOnlyList<int> slots, DateTimeOffset until, int limit, CancellationToken cancellationToken) => Do<IReadOnlyList<ScheduleRow>>(() =>
        [.. schedules.Values.Where(s => s.NextAt <= until && slots.Contains(s.Slot)).OrderBy(s => s.NextAt).Take(limit)]);

    public Task<bool> CreateAsync(ScheduleRow schedule, CancellationToken cancellationToken) => Do(() =>
        schedules.TryAdd(schedule.Name, schedule with { NextAt = StoredTime.Truncate(schedule.NextAt) }));

    public Task<IReadOnlyList<ScheduleChanged>> ChangeAsync(IReadOnlyList<ScheduleChange> changes, CancellationToken cancellationToken) =>
        changes.Any(change => change.Id == Rejected && change.Runs.Count > 0)
            ? Task.FromException<IReadOnlyList<ScheduleChanged>>(new StoreUnavailableException("The store refuses: a row that it does not take."))
            : Do<IReadOnlyList<ScheduleChanged>>(() => [.. changes.Select(Change)]);

    public Task<bool> DeleteAsync(Guid id, long revision, CancellationToken cancellationToken) => Do(() =>
    {
        if (Find(id, revision) is not { } schedule)
            return false;
        schedules.Remove(schedule.Name);
        foreach (var key in runs.Keys.Where(key => key.Schedule == id).ToList())
            runs.Remove(key);
        return true;
    });

    public Task<IReadOnlyList<ScheduleRunRow>> RunsAsync(Guid id, ScheduleRunPosition? before, int limit, CancellationToken cancellationToken) =>
        Do<IReadOnlyList<ScheduleRunRow>>(() =>
        [
            .. runs.Where(r => r.Key.Schedule == id).Select(r => r.Value).OrderByDescending(r => (r.Tick, r.Cause))
                .Where(r => before is not { } b || (r.Tick, r.Cause).CompareTo((b.Tick, b.Cause)) < 0).Take(limit),
        ]);

    public Task<ScheduleRunRow?> FindRunAsync(Guid id, string key, CancellationToken cancellationToken) => Do(() =>
        runs.Where(r => r.Key.Schedule == id && r.Value.Key == key).Select(r => r.Value).FirstOrDefault());

    public Task<IReadOnlySet<JobId>> OpenAsync(IReadOnlyList<JobId> jobs, CancellationToken cancellationToken) => Do(() => inboxes.Open(jobs));

    public Task ForgetRunsAsync(DateTimeOffset before, CancellationToken cancellationToken) => Do(() =>
    {
        foreach (var key in runs.Where(run => run.Key.Tick < before && run.Value.At < before).Select(run => run.Key).ToList())
            runs.Remove(key);
        return true;
    });

    private ScheduleChanged Change(ScheduleChange change)
    {
        if (Find(change.Id, change.Revision) is not { } schedule
            || change.Runs.Any(run => run.Key is not null && runs.Any(r => r.Key.Schedule == change.Id && r.Value.Key == run.Key)))
        {
            return ScheduleChanged.Refused;
        }

        schedules[schedule.Name] = schedule with
        {
            Revision = schedule.Revision + 1,
            Version = schedule.Version + (change.IsNewVersion ? 1 : 0),
            State = change.State,
            NextAt = StoredTime.Truncate(change.NextAt),
            Definition = change.Definition ?? schedule.Definition,
        };
        var stored = change.Runs.Where(run => Store(change.Id, run)).Select(run => run.Job).ToHashSet();
        var posts = change.Posts.Where(post => stored.Contains(post.Id)).ToList();
        inboxes.Post(posts);
        return new ScheduleChanged(true, [.. posts.Select(post => post.Id)]);
    }

    private bool Store(Guid schedule, ScheduleRunRow run)
    {
        var key = (schedule, StoredTime.Truncate(run.Tick), run.Cause);
        if (runs.TryGetValue(key, out var there) && there.Job is not null)
            return false;
        runs[key] = run with { Tick = StoredTime.Truncate(run.Tick), At = StoredTime.Truncate(run.At), Key = there is null ? run.Key : there.Key };
        return true;
    }

    private ScheduleRow? Find(Guid id, long revision) => schedules.Values.FirstOrDefault(s => s.Id == id && s.Revision == revision);

    private Task<T> Do<T>(Func<T> work)
    {
        if (IsAway)
            return Task.FromException<T>(new StoreUnavailableException("The store is away."));
        lock (gate)
            return Task.FromResult(work());
    }
}
