using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Events;

/// <summary>
/// Follows one job for one caller: (1) ask the shard to tell of the next change, (2) read the rows, (3) send what is new, and the state of the
/// moment, (4) wait for the change or the next heartbeat. Asked before read, so nothing is missed in between.
/// </summary>
internal sealed class JobEventStream(IShardGrain shard, string queue, IJobStore store, TimeProvider clock, HttpContext http)
{
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(2);

    /// <summary>Changes that follow each other quickly are told together.</summary>
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan PauseOfTrouble = TimeSpan.FromSeconds(1);

    private readonly EventWriter events = new(http.Response.BodyWriter, clock);
    private EventPosition? position;
    private StateEvent? told;
    private JobProgress? toldProgress;

    /// <summary>Ends after the job's end was told, or with the token.</summary>
    public async Task RunAsync(JobId id, EventPosition? after, CancellationToken cancellationToken)
    {
        events.Retry(Reconnect);
        await events.FlushAsync(cancellationToken);
        position = after;
        while (position is not { HasEnded: true })
        {
            using var look = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var changed = ChangedAsync(id, look.Token);
            try
            {
                if (!await TryLookAsync(id, cancellationToken))
                    return;
                await events.FlushAsync(cancellationToken);
                if (position is not { HasEnded: true })
                    await WaitAsync(changed, cancellationToken);
            }
            finally
            {
                await look.CancelAsync();
                await changed;
            }
        }
    }

    /// <returns>False when the job is gone.</returns>
    private async Task<bool> TryLookAsync(JobId id, CancellationToken cancellationToken)
    {
        try
        {
            if (await store.FindAsync(id, cancellationToken) is not { } job)
                return false;
            var attempts = await store.AttemptsAsync(id, cancellationToken);
            foreach (var sent in JobEventLog.After(job, queue, attempts, position, http.Request))
            {
                events.Write(sent);
                position = sent.Position;
            }

            if (!job.HasEnded)
                await TellStateAsync(job);
        }
        catch (StoreUnavailableException)
        {
            // The stream outlives the trouble; the next look tells what was missed.
            await Task.Delay(PauseOfTrouble, clock, cancellationToken);
        }

        return true;
    }

    private async Task TellStateAsync(JobView job)
    {
        if (await shard.OpenAsync([job.Id]) is [var open])
            job = JobLookup.Overlay(job, open);
        var state = new StateEvent(job.State, job.Attempt, job.StartedAt, job.DueAt);
        if (state != told)
            events.Write(new SentEvent("state", told = state, null));
        if (job.Progress is { } progress && progress != toldProgress)
            events.Write(new SentEvent("progress", new ProgressEvent(job.Attempt, progress.At, progress.Percent, progress.Message), null));
        toldProgress = job.Progress;
    }

    /// <summary>Completes at the next change, at the end of waiting, or a moment after the shard could not be asked.</summary>
    private async Task ChangedAsync(JobId id, CancellationToken cancellationToken)
    {
        try
        {
            await shard.ChangeAsync(id, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Nobody waits any more.
        }
        catch (Exception e) when (e is StoreUnavailableException or TimeoutException or Orleans.Runtime.OrleansException)
        {
            // Its owner is another by now, or will be: look again.
            await Task.Delay(PauseOfTrouble, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WaitAsync(Task changed, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var quietFor = Heartbeat - events.Quiet;
        var first = quietFor > TimeSpan.Zero ? await Task.WhenAny(changed, Task.Delay(quietFor, clock, waiting.Token)) : Task.CompletedTask;
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        if (first == changed)
            await Task.Delay(PauseMin, clock, cancellationToken);
        // Also while looks fail: both ends learn from it that the other is there.
        if (events.Quiet < Heartbeat)
            return;
        events.Heartbeat();
        await events.FlushAsync(cancellationToken);
    }
}
