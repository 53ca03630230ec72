using Hearth.Storage;

namespace Hearth.Jobs;

/// <summary>Taking in what was submitted inside other transactions.</summary>
internal sealed partial class ShardGrain
{
    private long inboxPosition;
    private HashSet<JobId> inboxSeen = [];
    private bool isReadingInbox;
    private bool hasMoreInbox;

    public async Task ReadInboxAsync()
    {
        await RecoveredAsync();
        hasMoreInbox = true;
        if (isReadingInbox)
            return;
        isReadingInbox = true;
        var answered = new HashSet<JobId>();
        try
        {
            while (hasMoreInbox && !isLost)
            {
                hasMoreInbox = false;
                await ReadInboxPageAsync(answered);
            }

            // What is answered again was answered the last time.
            inboxSeen = answered;
        }
        finally
        {
            inboxSeen.UnionWith(answered);
            isReadingInbox = false;
        }
    }

    private async Task ReadInboxPageAsync(HashSet<JobId> answered)
    {
        var page = await store.ReadInboxAsync(claim.Number, inboxPosition, leaving.Token);
        leaving.Token.ThrowIfCancellationRequested();
        var isAnyStored = false;
        foreach (var (job, isStored) in page.Rows)
        {
            if (inboxSeen.Contains(job.Id) || answered.Contains(job.Id) || memory.Find(job.Id) is not null)
                continue;
            isAnyStored |= isStored;
            if (!isStored)
                journal.Gathering.Jobs.Add(new JobRow(job.Id, WithTimes(WithKey(job.Spec), store.Now)));
            else if (answered.Add(job.Id))
                AcceptStored(job);
        }

        await journal.WriteAsync();
        answered.UnionWith(page.Rows.Select(row => row.Job.Id));
        (inboxPosition, hasMoreInbox) = (page.Position, hasMoreInbox || page.HasMore);
        // Their ids may lie before the last checkpoint: the next owner finds them, and what becomes of them, through a new one.
        if (isAnyStored)
            await CheckpointAsync();
    }

    private void AcceptStored(in JobRow row)
    {
        if (memory.Accept(row with { Spec = WithKey(row.Spec) }, store.Now) is not { } job)
            return;
        UseKeys();
        if (!claim.WasClean)
            (job.IsDoubtful, job.Attempt) = (true, job.Attempt + 1);
        Ring(job.Queue);
    }
}
