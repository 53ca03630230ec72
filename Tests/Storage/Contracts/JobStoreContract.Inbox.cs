using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>Submissions made with other writes.</summary>
public abstract partial class JobStoreContract
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_submission_is_answered_until_its_job_has_ended()
    {
        var (from, to) = (await ClaimAsync(), await ClaimAsync());
        var post = await PostAsync(from, to);
        Assert.Equal(
            RowText.Of(new InboxRow(new JobRow(post.Id, post.Spec), IsStored: false)),
            RowText.Of(Assert.Single((await Store.ReadInboxAsync(to.Number, 0, None)).Rows)));
        Assert.Null(await Store.FindAsync(post.Id, None));

        await WriteAsync(to, [new JobRow(post.Id, post.Spec)]);
        await ReopenAsync();
        Assert.True(Assert.Single((await Store.ReadInboxAsync(to.Number, 0, None)).Rows).IsStored);
        Assert.NotNull(await Store.FindAsync(post.Id, None));

        await WriteAsync(to, ends: [End(post.Id)]);
        Assert.Empty((await Store.ReadInboxAsync(to.Number, 0, None)).Rows);
        Assert.Empty((await Store.ReadInboxAsync(from.Number, 0, None)).Rows);
    }

    [Fact]
    public async Task A_submission_from_the_inbox_that_is_stored_twice_is_one_job()
    {
        var claim = await ClaimAsync();
        var post = await PostAsync(claim, claim);
        await WriteAsync(claim, [new JobRow(post.Id, post.Spec)]);
        await WriteAsync(claim, [new JobRow(post.Id, post.Spec)]);
        Assert.Equal([post.Id], await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task Who_reads_on_from_a_position_misses_nothing()
    {
        var claims = new[] { await ClaimAsync(), await ClaimAsync() };
        var posted = new HashSet<JobId>();
        var seen = new HashSet<JobId>();
        var position = 0L;
        for (var i = 0; i < 30; i++)
        {
            posted.Add((await PostAsync(claims[i % 2], claims[0])).Id);
            await PostAsync(claims[0], claims[1]);
            if (i % 7 == 3)
                await ReopenAsync();
            if (i % 3 == 0)
                position = await ReadInboxAsync(claims[0], position, seen);
        }

        await ReadInboxAsync(claims[0], position, seen);
        Assert.Equal(posted, seen);
    }

    [Fact]
    public async Task Who_reads_while_others_submit_misses_nothing()
    {
        var senders = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ClaimAsync()));
        var to = await ClaimAsync();
        var sending = Task.WhenAll(senders.Select(async sender =>
        {
            var ids = new List<JobId>();
            for (var i = 0; i < 100; i++)
                ids.Add((await PostAsync(sender, to)).Id);
            return ids;
        }));
        var seen = new HashSet<JobId>();
        var position = 0L;
        while (!sending.IsCompleted)
            position = await ReadInboxAsync(to, position, seen);
        await ReadInboxAsync(to, position, seen);
        Assert.Equal((await sending).SelectMany(ids => ids).ToHashSet(), seen);
    }

    [Fact]
    public async Task A_full_inbox_comes_in_pages()
    {
        var claim = await ClaimAsync();
        var posts = Enumerable.Range(0, 12_000).Select(_ => new InboxPost(claim.Number, InboxIds.Create(Store.Now, claim.Number), Spec())).ToArray();
        foreach (var some in posts.Chunk(4_000))
            await WriteAsync(claim, posts: some);
        var seen = new List<JobId>();
        InboxPage page;
        var position = 0L;
        do
        {
            page = await Store.ReadInboxAsync(claim.Number, position, None);
            Assert.InRange(page.Rows.Count, 1, 10_000);
            seen.AddRange(page.Rows.Select(r => r.Job.Id));
            position = page.Position;
        }
        while (page.HasMore);
        Assert.Equal(posts.Select(p => p.Id).ToHashSet(), seen.ToHashSet());
        Assert.True(seen.Count >= posts.Length);
    }

    [Fact]
    public async Task An_empty_inbox_leaves_the_position_good()
    {
        var claim = await ClaimAsync();
        var page = await Store.ReadInboxAsync(claim.Number, 0, None);
        Assert.Equal((0, false), (page.Rows.Count, page.HasMore));
        var post = await PostAsync(claim, claim);
        Assert.Equal(post.Id, Assert.Single((await Store.ReadInboxAsync(claim.Number, page.Position, None)).Rows).Job.Id);
    }

    [Fact]
    public async Task A_job_of_the_inbox_that_the_checkpoint_did_not_know_is_recovered_once()
    {
        var claim = await ClaimAsync();
        var post = await PostAsync(claim, claim, Store.Now.AddMinutes(-5));
        var later = await AcceptAsync(claim);
        await CheckpointAsync(claim, later, [later]);
        await WriteAsync(claim, [new JobRow(post.Id, post.Spec)]);
        Assert.Equal(new[] { post.Id, later }.ToHashSet(), (await TakeOverIdsAsync(claim)).ToHashSet());
        Assert.Equal(2, (await TakeOverIdsAsync(claim)).Length);

        // And one that is above the checkpoint's last id, and one that the next checkpoint lists.
        var owner = await ClaimAsync(claim.Key);
        var above = await PostAsync(owner, owner, Store.Now.AddMinutes(5));
        await WriteAsync(owner, [new JobRow(above.Id, above.Spec)]);
        Assert.Equal(new[] { above.Id, post.Id, later }.Order(), (await TakeOverIdsAsync(claim)).Order());
        owner = await ClaimAsync(claim.Key);
        await CheckpointAsync(owner, above.Id, [post.Id, later, above.Id]);
        Assert.Equal(new[] { above.Id, post.Id, later }.Order(), (await TakeOverIdsAsync(claim)).Order());
    }

    [Fact]
    public async Task A_job_of_the_inbox_that_has_ended_is_not_recovered()
    {
        var claim = await ClaimAsync();
        var post = await PostAsync(claim, claim, Store.Now.AddMinutes(-5));
        var later = await AcceptAsync(claim);
        await CheckpointAsync(claim, later, [later]);
        await WriteAsync(claim, [new JobRow(post.Id, post.Spec)], ends: [End(post.Id)]);
        Assert.Equal([later], await TakeOverIdsAsync(claim));
    }

    [Fact]
    public async Task A_submission_that_nobody_has_stored_waits_in_the_inbox()
    {
        var claim = await ClaimAsync();
        var post = await PostAsync(claim, claim);
        await ReopenAsync();
        var owner = await ClaimAsync(claim.Key);
        Assert.Empty(await RecoverAsync(owner));
        Assert.Equal(post.Id, Assert.Single((await Store.ReadInboxAsync(claim.Number, owner.InboxPosition, None)).Rows).Job.Id);
    }

    [Fact]
    public async Task Shards_with_new_submissions_ring_until_somebody_reads()
    {
        var claim = await ClaimAsync();
        using var enough = new CancellationTokenSource(Patience);
        await using var rings = Store.WatchInboxAsync(enough.Token).GetAsyncEnumerator(enough.Token);
        var ring = UntilRungAsync(rings, claim.Number);
        await PostAsync(claim, claim);
        await ring;
        var again = UntilRungAsync(rings, claim.Number);
        while (!again.IsCompleted)
            await stored.PassAsync(TimeSpan.FromSeconds(2));
        await again;
    }

    [Fact]
    public async Task Shards_with_submissions_from_before_a_restart_ring()
    {
        var claim = await ClaimAsync();
        await PostAsync(claim, claim);
        await ReopenAsync();
        using var enough = new CancellationTokenSource(Patience);
        await using var rings = Store.WatchInboxAsync(enough.Token).GetAsyncEnumerator(enough.Token);
        await UntilRungAsync(rings, claim.Number);
    }

    private async Task<InboxPost> PostAsync(ShardClaim from, ShardClaim to, DateTimeOffset? at = null)
    {
        var post = new InboxPost(to.Number, InboxIds.Create(at ?? Store.Now, to.Number), Spec("from-inbox"));
        await WriteAsync(from, posts: [post]);
        return post;
    }

    private async Task<long> ReadInboxAsync(ShardClaim claim, long position, HashSet<JobId> seen)
    {
        InboxPage page;
        do
        {
            page = await Store.ReadInboxAsync(claim.Number, position, None);
            seen.UnionWith(page.Rows.Select(r => r.Job.Id));
            position = page.Position;
        }
        while (page.HasMore);
        return position;
    }

    private static async Task UntilRungAsync(IAsyncEnumerator<int> rings, int shard)
    {
        while (await rings.MoveNextAsync())
        {
            if (rings.Current == shard)
                return;
        }
    }
}
