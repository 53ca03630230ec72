using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>What runs say of themselves: progress, which only this activation knows, and details, which are stored.</summary>
internal sealed partial class ShardGrain
{
    /// <summary>By job, with the attempt that said it; gone with the next attempt's start, and the job's end.</summary>
    private readonly Dictionary<JobId, (int Attempt, JobProgress Progress)> said = [];

    public async Task ProgressAsync(JobId id, int attempt, JobProgress progress)
    {
        // What runs elsewhere may say so before its new owner knows it.
        if (memory.Find(id) is null)
            await RecoveredAsync();
        if (memory.Find(id) is { State: JobState.Running } job && job.Attempt == attempt)
        {
            said[id] = (attempt, progress with { At = store.Now });
            changes.Happened(id);
        }
    }

    public async Task<bool> SaveDetailAsync(JobId id, int attempt, string detail)
    {
        var isSaved = false;
        await DecideAllAsync(1, _ => TrySave(id, attempt, detail, out isSaved));
        return isSaved;
    }

    public async Task<string?> ReadDetailAsync(JobId id) => (await store.FindNoteAsync(id, NoteNumbers.Detail, CancellationToken.None))?.Text;

    /// <summary>The journal has the row. Of an attempt that is over nothing is stored: the one that runs now has read what it goes on from.</summary>
    private bool TrySave(JobId id, int attempt, string detail, out bool isSaved)
    {
        isSaved = false;
        var job = memory.Find(id);
        if (job is null ? !isRecovered : job.IsChanging)
            return false;
        if (job is not { State: JobState.Running } || job.Attempt != attempt)
            return true;
        journal.Gathering.Notes.Add(new JobNoteRow(id, NoteNumbers.Detail, NoteKind.Detail, attempt, store.Now, detail));
        return isSaved = true;
    }

    /// <summary>The journal has the row: the log is stored with the attempt's end, or not at all.</summary>
    private void KeepLog(in JobResult result)
    {
        if (result.Extras?.Log is { } log)
            journal.Gathering.Notes.Add(new JobNoteRow(result.Id, NoteNumbers.OfLog(result.Attempt), NoteKind.Log, result.Attempt, store.Now, log));
    }

    private JobProgress? ProgressOf(JobEntry job) => job.State == JobState.Running && said.TryGetValue(job.Id, out var last) && last.Attempt == job.Attempt
        ? last.Progress
        : null;

    private void ForgetProgress(JobId id)
    {
        if (said.Count > 0)
            said.Remove(id);
    }
}
