using System.Text;
using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.PostgreSql;
using Hearth.Tests.Support;
using Npgsql;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>Submissions inside other transactions: there if and only if these commit, and never missed.</summary>
public sealed class InboxTests
{
    private const string Key = "default/mail/0";

    [PostgresFact]
    public async Task Submission_is_there_if_and_only_if_its_transaction_commits()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        await using var connection = await ConnectAsync(world);
        var due = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);

        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await JobInbox.SubmitAsync(transaction, Key, PostgresWorld.Spec("rolled back"));
            await transaction.RollbackAsync();
        }

        JobId id;
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            id = await JobInbox.SubmitAsync(
                transaction, Key, new JobSpec("send", "text/plain", "x"u8.ToArray(), new JobOptions { DueAt = due, Tags = ["a"], TraceParent = "t" }));
            Assert.Null(await store.ShardNumberAsync(Key, default));
            await transaction.CommitAsync();
        }

        var claim = await store.ClaimAsync(Key);
        var row = Assert.Single((await store.ReadInboxAsync(claim.Number, claim.InboxPosition, default)).Rows);
        Assert.Equal((id, false, claim.Number), (row.Job.Id, row.IsStored, id.Shard));
        Assert.Equal(("send", "text/plain", due, "t"), (row.Job.Spec.Function, row.Job.Spec.ContentType, row.Job.Spec.Options!.DueAt, row.Job.Spec.Options.TraceParent));
        Assert.True(id.Counter >= JobId.CounterEnd);
        Assert.InRange(id.At, store.Now.AddMinutes(-1), store.Now.AddSeconds(1));
    }

    [PostgresFact]
    public async Task Submission_in_SQL_is_the_same()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync(Key);

        var id = new JobId(world.Ask<Guid>($"SELECT hearth.submit('{Key}', 'send', '{{\"to\":\"x\"}}', tags => ARRAY['a', 'b'], priority => 1)"));

        var row = Assert.Single((await store.ReadInboxAsync(claim.Number, 0, default)).Rows);
        Assert.Equal((id, claim.Number), (row.Job.Id, id.Shard));
        Assert.True(id.Counter >= JobId.CounterEnd);
        Assert.InRange(id.At, store.Now.AddMinutes(-1), store.Now.AddSeconds(1));
        Assert.Equal(("{\"to\":\"x\"}", (byte)1), (Encoding.UTF8.GetString(row.Job.Spec.Input.Span), row.Job.Spec.Options!.Priority));
        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(claim.Write([row.Job])));
        Assert.Single(await store.ReadJobsAsync(claim.Number, [id], default));
    }

    [PostgresFact]
    public async Task Late_commit_is_not_missed()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync(Key);
        await using var slow = await ConnectAsync(world);
        await using var quick = await ConnectAsync(world);
        await using var open = await slow.BeginTransactionAsync();
        var late = await JobInbox.SubmitAsync(open, Key, PostgresWorld.Spec("late"));
        var first = await JobInbox.SubmitAsync(quick, Key, PostgresWorld.Spec("first"));

        var page = await store.ReadInboxAsync(claim.Number, 0, default);
        Assert.Equal([first], page.Rows.Select(row => row.Job.Id));
        await store.WriteAsync(claim.Write([.. page.Rows.Select(row => row.Job)]));
        var second = await JobInbox.SubmitAsync(quick, Key, PostgresWorld.Spec("second"));
        page = await store.ReadInboxAsync(claim.Number, page.Position, default);
        Assert.Contains(second, page.Rows.Select(row => row.Job.Id));
        await store.WriteAsync(claim.Write([.. page.Rows.Where(row => !row.IsStored).Select(row => row.Job)]));
        await open.CommitAsync();

        page = await store.ReadInboxAsync(claim.Number, page.Position, default);

        Assert.Equal([late], page.Rows.Where(row => !row.IsStored).Select(row => row.Job.Id));
        await store.WriteAsync(claim.Write([.. page.Rows.Where(row => !row.IsStored).Select(row => row.Job)]));
        // What any transaction of the whole server that is still open holds back may come again.
        Assert.DoesNotContain((await store.ReadInboxAsync(claim.Number, page.Position, default)).Rows, row => !row.IsStored);
    }

    [PostgresFact]
    public async Task More_than_a_page_of_one_transaction_comes_through_even_while_an_older_one_is_open()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync(Key);
        using var old = new Holder(world.ConnectionString, "SELECT pg_current_xact_id()");
        world.Execute($"SELECT hearth.submit('{Key}', 'send', '{{}}') FROM generate_series(1, 25000)");
        var ids = new HashSet<JobId>();
        var page = new InboxPage([], 0, HasMore: true);

        for (var pages = 0; page.HasMore; pages++)
        {
            Assert.True(pages < 4);
            page = await store.ReadInboxAsync(claim.Number, page.Position, default);
            Assert.InRange(page.Rows.Count, 1, 10_000);
            var news = page.Rows.Where(row => !row.IsStored).Select(row => row.Job).ToArray();
            await store.WriteAsync(claim.Write(news));
            ids.UnionWith(news.Select(job => job.Id));
        }

        Assert.Equal(25_000, ids.Count);
    }

    [PostgresFact]
    public async Task Post_of_another_shard_is_stored_with_the_write_or_not_at_all()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var zombie = await store.ClaimAsync("p/a/0");
        var target = await store.ClaimAsync("p/b/0");
        var owner = await store.ClaimAsync("p/a/0");
        ShardWrite Post(ShardClaim poster, string input) => new(poster.Number, poster.Epoch)
        {
            Posts = new[] { new InboxPost(target.Number, InboxIds.Create(store.Now, target.Number), PostgresWorld.Spec(input)) },
        };

        Assert.Equal(WriteOutcome.Refused, await store.WriteAsync(Post(zombie, "no")));
        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(Post(owner, "yes")));

        var row = Assert.Single((await store.ReadInboxAsync(target.Number, 0, default)).Rows);
        Assert.Equal("yes"u8.ToArray(), row.Job.Spec.Input.ToArray());
    }

    [PostgresFact]
    public async Task Watcher_is_told_at_once_and_again_while_something_waits()
    {
        await using var world = await PostgresWorld.NewAsync();
        // The first look is long over, and the next far away: what comes was told.
        var told = await world.OpenAsync("silo-1", new PostgreSqlOptions { InboxPoll = TimeSpan.FromHours(1) });
        var polled = await world.OpenAsync("silo-2", new PostgreSqlOptions { InboxPoll = TimeSpan.FromMilliseconds(100) });
        var claim = await told.ClaimAsync(Key);
        using var ending = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var hints = told.WatchInboxAsync(ending.Token).GetAsyncEnumerator(ending.Token);
        var next = hints.MoveNextAsync().AsTask();
        await Eventually.TrueAsync(() => world.Ask<long>("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'") > 0);

        await using var connection = await ConnectAsync(world);
        await JobInbox.SubmitAsync(connection, Key, PostgresWorld.Spec());

        Assert.True(await next);
        Assert.Equal(claim.Number, hints.Current);
        var polls = polled.WatchInboxAsync(ending.Token).GetAsyncEnumerator(ending.Token);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await polls.MoveNextAsync());
            Assert.Equal(claim.Number, polls.Current);
        }

        await hints.DisposeAsync();
        await polls.DisposeAsync();
    }

    private static async Task<NpgsqlConnection> ConnectAsync(PostgresWorld world)
    {
        var connection = new NpgsqlConnection(world.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }
}
