using System.Threading.Channels;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Events;

/// <summary>
/// Follows a queue for one caller: (1) find its shards, (2) ask each for what is new, which answers when there is something, (3) send it with the
/// positions in all of them as its id. Every heartbeat looks for new shards.
/// </summary>
internal sealed class QueueEventStream(string queue, ShardDirectory shards, TimeProvider clock, HttpContext http)
{
    private const int PagesMax = 16;

    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseOfTrouble = TimeSpan.FromSeconds(1);

    private readonly EventWriter events = new(http.Response.BodyWriter, clock);
    private readonly Channel<(int Shard, TailPage Page)> pages = Channel.CreateBounded<(int, TailPage)>(PagesMax);
    private readonly Dictionary<int, Task> followers = [];
    private SortedDictionary<int, long> positions = [];

    /// <summary>Ends with the token.</summary>
    public async Task RunAsync(SortedDictionary<int, long>? after, CancellationToken cancellationToken)
    {
        positions = after ?? [];
        events.Retry(Reconnect);
        await events.FlushAsync(cancellationToken);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await BeginAsync(until.Token);
            while (true)
                await StepAsync(until.Token);
        }
        finally
        {
            await until.CancelAsync();
            await Task.WhenAll(followers.Values);
        }
    }

    /// <summary>From here on nothing is missed: who reads this knows that it follows.</summary>
    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        await FollowAsync(cancellationToken);
        foreach (var foreign in positions.Keys.Where(shard => !followers.ContainsKey(shard)).ToList())
            positions.Remove(foreign);
        while (positions.Count < followers.Count)
            await StepAsync(cancellationToken);

        events.Write(QueuePosition.Text(positions), "following", new FollowingEvent(queue, followers.Count));
        await events.FlushAsync(cancellationToken);
    }

    private async Task StepAsync(CancellationToken cancellationToken)
    {
        if (await NextAsync(cancellationToken) is var (shard, page))
            Write(shard, page);
        else
            await BeatAsync(cancellationToken);
        await events.FlushAsync(cancellationToken);
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in await shards.ShardsAsync(queue, cancellationToken))
        {
            if (!followers.ContainsKey(shard.Number))
                followers.Add(shard.Number, FollowAsync(shard, positions.GetValueOrDefault(shard.Number), cancellationToken));
        }
    }

    private async Task FollowAsync(ShardRow shard, long position, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var pause = Pause;
            try
            {
                var page = await shards.Of(shard).TailAsync(position, cancellationToken);
                if (page.Position != position || page.IsGap)
                {
                    await pages.Writer.WriteAsync((shard.Number, page), cancellationToken);
                    position = page.Position;
                    continue;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is StoreUnavailableException or TimeoutException or OperationCanceledException or Orleans.Runtime.OrleansException)
            {
                // Its owner is another by now, or will be.
                pause = PauseOfTrouble;
            }

            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>Null: there was nothing until a heartbeat is due.</returns>
    private async Task<(int Shard, TailPage Page)?> NextAsync(CancellationToken cancellationToken)
    {
        if (pages.Reader.TryRead(out var there))
            return there;
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task some = pages.Reader.WaitToReadAsync(quiet.Token).AsTask();
        var left = JobEventStream.Heartbeat - events.Quiet;
        await Task.WhenAny(some, Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock, quiet.Token));
        await quiet.CancelAsync();
        await some.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return pages.Reader.TryRead(out var page) ? page : null;
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        events.Heartbeat();
        try
        {
            await FollowAsync(cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // The next heartbeat looks again.
        }
    }

    private void Write(int shard, TailPage page)
    {
        var first = page.Position - page.Events.Length;
        if (page.IsGap)
        {
            positions[shard] = first;
            events.Write(QueuePosition.Text(positions), "gap", new GapEvent(queue));
        }

        for (var i = 0; i < page.Events.Length; i++)
        {
            positions[shard] = first + i + 1;
            events.Write(QueuePosition.Text(positions), NameOf(page.Events[i].Kind), QueueEvent.Of(page.Events[i]));
        }

        positions[shard] = page.Position;
    }

    private static string NameOf(TailKind kind) => kind switch
    {
        TailKind.Accepted => "accepted",
        TailKind.AttemptFailed => "attempt-failed",
        TailKind.AttemptSnoozed => "attempt-snoozed",
        TailKind.AttemptReturned => "attempt-returned",
        _ => "end",
    };
}

/// <param name="Queue">The queue.</param>
/// <param name="Shards">How many shards it has.</param>
internal sealed record FollowingEvent(string Queue, int Shards);

/// <summary>Something may have happened that is not told: the follower was slow, away for long, or a silo has died.</summary>
/// <param name="Queue">The queue.</param>
internal sealed record GapEvent(string Queue);

internal sealed record QueueEvent(
    string Id, string? Function, DateTimeOffset At, JobState? State, int? Attempt, DateTimeOffset? StartedAt, DateTimeOffset? RetryAt, string? Error, string? ErrorType)
{
    public static QueueEvent Of(TailEvent told) => new(
        told.Job.ToString(), told.Function, told.At, told.State, told.Attempt == 0 ? null : told.Attempt, told.StartedAt, told.RetryAt, told.Error, told.ErrorType);
}
