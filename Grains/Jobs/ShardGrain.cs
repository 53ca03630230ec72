using Hearth.Storage;
using Orleans.Concurrency;

namespace Hearth.Jobs;

/// <summary>
/// The owner of a shard's jobs. Reentrant, because a commit is shared by all that wait for it; between two awaits it is still alone
/// with its state.
/// </summary>
[Reentrant]
internal sealed class ShardGrain(IJobStore store, JobPump pump, TimeProvider clock) : Grain, IShardGrain
{
    /// <summary>A job that took the process down this often is not run again.</summary>
    private const int CrashesMax = 3;

    private readonly Dictionary<JobId, Entry> open = [];

    private string Shard => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // It knows what runs, and is asked seldom while a long job does.
        DelayDeactivation(TimeSpan.MaxValue);
        // Those that may have killed a process go first, and one by one. No attempt has the number of another: the first leaves no
        // mark, so it may have begun.
        foreach (var job in (await store.OpenAsync(Shard)).OrderByDescending(j => j.StartMarks > 0))
        {
            open.Add(job.Id, new Entry(job.Function, job.AcceptedAt, Recovered: true));
            if (job.StartMarks < CrashesMax)
                pump.Add(Shard, job.Id, job.Function, attempt: job.Starts + 2, isSuspect: job.StartMarks > 0);
            else
                await EndAsync(Crashed(job));
        }
    }

    public async Task<JobSubmitted> SubmitAsync(JobSpec job, JobKey? key)
    {
        var now = Now();
        var id = JobId.New(now);
        var submitted = await store.AcceptAsync(new JobRow(id, Shard, job, now), key);
        if (submitted.IsRepeat)
            return submitted;
        open.Add(id, new Entry(job.Function, now, Recovered: false));
        pump.Add(Shard, id, job.Function, attempt: 1, isSuspect: false);
        return submitted;
    }

    public Task<JobView?> FindOpenAsync(JobId id) => Task.FromResult(
        open.TryGetValue(id, out var job)
            ? new JobView(id, job.Function, job.StartedAt is null ? JobState.Ready : JobState.Running, job.AcceptedAt, job.StartedAt)
            : null);

    public async Task WaitAsync(JobId id, CancellationToken cancellationToken)
    {
        if (open.TryGetValue(id, out var job))
            await job.Ended.Task.WaitAsync(cancellationToken);
    }

    public async Task StartedAsync(JobId id)
    {
        if (!open.TryGetValue(id, out var job))
            return;
        // Only a job that may have killed a process already pays for a mark.
        if (job.Recovered && job.StartedAt is null)
            await store.MarkAsync(id, JobMark.Started);
        job.StartedAt = Now();
    }

    public async Task ReturnAsync(JobId id)
    {
        if (open.TryGetValue(id, out var job) && job.Recovered && job.StartedAt is not null)
            await store.MarkAsync(id, JobMark.Returned);
    }

    public async Task EndAsync(JobEnd end)
    {
        await store.EndAsync(end);
        if (open.Remove(end.Id, out var job))
            job.Ended.SetResult();
    }

    public Task WakeAsync() => Task.CompletedTask;

    /// <summary>In milliseconds, as rows keep it: a job shows the same times before and after a restart.</summary>
    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    private JobEnd Crashed(OpenJob job)
    {
        var now = Now();
        var error = $"crashed: the silo died {job.StartMarks} times while it ran this job.";
        return new JobEnd(job.Id, JobState.Failed, ReadOnlyMemory<byte>.Empty, null, error, now, now);
    }

    private sealed record Entry(string Function, DateTimeOffset AcceptedAt, bool Recovered)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DateTimeOffset? StartedAt { get; set; }
    }
}
