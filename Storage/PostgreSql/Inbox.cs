using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Hearth.Storage.PostgreSql;

/// <summary>Submissions made inside other transactions.</summary>
internal sealed class Inbox(PostgreSqlDatabase database)
{
    public const string Channel = "hearth_inbox";
    private const int PageMax = 10_000;
    private const int HintsMax = 10_000;

    /// <summary>
    /// What has committed since. The next position is the oldest transaction that was running when this was read: whatever commits late has
    /// that number or a higher one.
    /// </summary>
    public async Task<InboxPage> ReadAsync(int shard, long position, CancellationToken cancellationToken)
    {
        var from = Bind.Of(Recovery.Position(position));
        var xmin = position;
        var last = position;
        var rows = new List<InboxRow>();
        var known = new HashSet<Hearth.Jobs.JobId>();
        var found = await database.ListAsync(
            SqlText.InboxNew, [Bind.Of(shard), from],
            reader =>
            {
                xmin = reader.GetInt64(0);
                if (reader.IsDBNull(1))
                    return false;
                if (rows.Count < PageMax)
                {
                    last = reader.GetInt64(1);
                    var job = Rows.Job(reader, 2);
                    if (known.Add(job.Id))
                        rows.Add(new InboxRow(job, IsStored: false));
                }

                return true;
            },
            cancellationToken);
        if (found.Count(row => row) > PageMax)
            return new InboxPage(rows, Math.Min(last, xmin), HasMore: true);

        await database.ListAsync(
            SqlText.InboxStored, [Bind.Of(shard), Bind.Of(Recovery.Position(position)), Bind.Of(PageMax - rows.Count)],
            reader =>
            {
                var job = Rows.Job(reader);
                if (known.Add(job.Id))
                    rows.Add(new InboxRow(job, IsStored: true));
                return true;
            },
            cancellationToken);
        return new InboxPage(rows, Math.Max(position, xmin), HasMore: false);
    }

    /// <summary>What is told as it happens, where something can be; and every 2 s what waits.</summary>
    public async IAsyncEnumerable<int> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var hints = System.Threading.Channels.Channel.CreateBounded<int>(
            new BoundedChannelOptions(HintsMax) { FullMode = BoundedChannelFullMode.DropWrite });
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var polling = PollAsync(hints.Writer, ending.Token);
        var listening = database.IsPooled ? Task.CompletedTask : ListenAsync(hints.Writer, ending.Token);
        try
        {
            await foreach (var shard in hints.Reader.ReadAllAsync(cancellationToken))
                yield return shard;
        }
        finally
        {
            await ending.CancelAsync();
            await polling;
            await listening;
        }
    }

    private async Task PollAsync(ChannelWriter<int> hints, CancellationToken cancellationToken)
    {
        var from = 0L;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                from = await PollOnceAsync(hints, from, cancellationToken);
            }
            catch (StoreUnavailableException)
            {
                // Whoever works with the store is told; the next look may find it again.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await PauseAsync(cancellationToken);
        }
    }

    /// <returns>Where to look from next: nothing below waits, or can still appear.</returns>
    private async Task<long> PollOnceAsync(ChannelWriter<int> hints, long from, CancellationToken cancellationToken)
    {
        var xmin = from;
        var oldest = long.MaxValue;
        await database.ListAsync(
            SqlText.InboxWaiting, [Bind.Of(Recovery.Position(from))],
            reader =>
            {
                xmin = reader.GetInt64(2);
                if (!reader.IsDBNull(0))
                {
                    oldest = Math.Min(oldest, reader.GetInt64(1));
                    hints.TryWrite(reader.GetInt32(0));
                }

                return true;
            },
            cancellationToken);
        return Math.Min(oldest, xmin);
    }

    private async Task ListenAsync(ChannelWriter<int> hints, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var payload in database.ListenAsync(Channel, cancellationToken))
                {
                    if (int.TryParse(payload, System.Globalization.CultureInfo.InvariantCulture, out var shard))
                        hints.TryWrite(shard);
                }
            }
            catch (Exception e) when (Failures.IsOfConnection(e) || Failures.HasRolledBack(e))
            {
                // Polling goes on meanwhile.
            }

            await PauseAsync(cancellationToken);
        }
    }

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(database.Options.InboxPoll, database.Time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The loop ends by its condition.
        }
    }
}
