using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>Rows that are written together, and those who wait for them.</summary>
internal sealed class JournalBatch
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<Submission>? submissions;

    public Rows<JobRow> Jobs;
    public Rows<JobKeyRow> Keys;
    public Rows<JobEnd> Ends;
    public Rows<JobAttemptRow> Attempts;
    public Rows<JobLeaseRow> Leases;
    public Rows<JobNoteRow> Notes;
    public Rows<PermitRow> Permits;
    public Rows<InboxPost> Posts;

    /// <summary>Completes when the rows are committed and the shard's memory has followed; fails when they are not.</summary>
    public Task Done => done.Task;

    public bool IsEmpty => Rows == 0;

    public int Rows => Jobs.Count + Keys.Count + Ends.Count + Attempts.Count + Leases.Count + Notes.Count + Permits.Count + Posts.Count;

    public ShardWrite ToWrite(int shard, long epoch) => new(shard, epoch)
    {
        Jobs = Jobs.Memory, Keys = Keys.Memory, Ends = Ends.Memory, Attempts = Attempts.Memory, Leases = Leases.Memory, Notes = Notes.Memory,
        Permits = Permits.Memory,
        Posts = Posts.Memory,
    };

    /// <summary>Completes as <see cref="Done"/>, with the answer to who submitted one job: with less work for each than awaiting that.</summary>
    public Task<JobSubmitted> WhenStored(JobId job)
    {
        var submission = new Submission(job);
        (submissions ??= []).Add(submission);
        return submission.Task;
    }

    public void Succeed()
    {
        done.SetResult();
        foreach (var submission in submissions ?? [])
            submission.SetResult(new JobSubmitted(SubmitOutcome.Accepted, submission.Job));
    }

    public void Fail(Exception error)
    {
        done.SetException(error);
        _ = done.Task.Exception; // whoever waits sees it; nobody has to
        foreach (var submission in submissions ?? [])
            submission.SetException(error);
    }

    /// <summary>Its continuation is the grain's, and runs in the turn in which the batch ends.</summary>
    private sealed class Submission(JobId job) : TaskCompletionSource<JobSubmitted>
    {
        public JobId Job => job;
    }
}
