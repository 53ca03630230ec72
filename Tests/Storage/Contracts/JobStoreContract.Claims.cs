using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>Who owns a shard.</summary>
public abstract partial class JobStoreContract
{
    [Fact]
    public async Task The_first_claim_makes_the_shard()
    {
        var shard = NewShard();
        Assert.Null(await Store.ShardNumberAsync(shard, None));
        var claim = await ClaimAsync(shard);
        Assert.InRange(claim.Number, 1, JobId.ShardEnd - 1);
        Assert.True(claim.Epoch >= 1);
        Assert.Equal((shard, true, default, 0), (claim.Key, claim.WasClean, claim.LastId, claim.InboxPosition));
        Assert.Equal(claim.Number, await Store.ShardNumberAsync(shard, None));
        Assert.Equal(shard, await Store.ShardKeyAsync(claim.Number, None));
        Assert.Null(await Store.ShardKeyAsync(JobId.ShardEnd - 2, None));
    }

    [Fact]
    public async Task A_shard_keeps_its_number_and_no_other_has_it()
    {
        var first = await ClaimAsync();
        var second = await ClaimAsync();
        Assert.NotEqual(first.Number, second.Number);
        await ReopenAsync();
        Assert.Equal(first.Number, (await ClaimAsync(first.Key)).Number);
        Assert.Equal(second.Number, await Store.ShardNumberAsync(second.Key, None));
        Assert.Equal(first.Key, await Store.ShardKeyAsync(first.Number, None));
    }

    [Fact]
    public async Task Epochs_only_grow_and_nobody_shares_one()
    {
        var shard = NewShard();
        var before = (await ClaimAsync(shard)).Epoch;
        for (var i = 0; i < 5; i++)
        {
            var claim = i % 2 == 0 ? await ClaimAsync(shard) : await stored.ClaimAsStrangerAsync(shard);
            Assert.True(claim.Epoch > before);
            before = claim.Epoch;
            if (i == 3)
                await ReopenAsync();
        }

        var together = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ClaimAsync(shard)));
        Assert.Equal(20, together.Select(c => c.Epoch).Distinct().Count());
        Assert.All(together, claim => Assert.True(claim.Epoch > before));
    }

    [Fact]
    public async Task A_former_owner_writes_nothing_at_all()
    {
        var former = await ClaimAsync();
        var other = await ClaimAsync();
        var known = await AcceptAsync(former);
        await stored.ClaimAsStrangerAsync(former.Key);

        var job = NextJob(former);
        var post = new InboxPost(other.Number, InboxIds.Create(Store.Now, other.Number), Spec());
        var outcome = await TryWriteAsync(
            former, [job], [new JobKeyRow(JobKeyKind.Idempotency, Hash("k"), job.Id, 1, Hash("b"))], [End(known)],
            [new JobAttemptRow(known, 1, AttemptKind.Failed, Store.Now)], [new JobNoteRow(known, 1, NoteKind.Log, 1, Store.Now, "still here")], [post]);

        Assert.Equal(WriteOutcome.Refused, outcome);
        Assert.Null(await Store.FindAsync(job.Id, None));
        Assert.Empty(await Store.FindKeysAsync(former.Number, JobKeyKind.Idempotency, [Hash("k")], Store.Now.AddDays(-1), None));
        Assert.Null(await Store.FindEndAsync(known, None));
        Assert.Equal("", RowText.Of(await Store.HistoryAsync(known, None)));
        Assert.Empty((await Store.ReadInboxAsync(other.Number, 0, None)).Rows);
        Assert.Equal([known], await TakeOverIdsAsync(former));
    }

    [Fact]
    public async Task A_former_owner_is_refused_for_ever_and_the_new_one_is_not()
    {
        var former = await ClaimAsync();
        var owner = await ClaimAsync(former.Key);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(WriteOutcome.Refused, await TryWriteAsync(former, [NextJob(former)]));
            await WriteAsync(owner, [NextJob(owner)]);
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task Refusals_and_writes_that_share_a_commit_do_not_mix()
    {
        var former = await ClaimAsync();
        var owner = await ClaimAsync(former.Key);
        var other = await ClaimAsync();
        var writes = Enumerable.Range(0, 60).Select(i => new[] { former, owner, other }[i % 3])
            .Select(claim => (Claim: claim, Job: NextJob(claim))).Select(w => (w.Claim, w.Job, Outcome: TryWriteAsync(w.Claim, [w.Job]))).ToList();
        foreach (var (claim, job, outcome) in writes)
        {
            Assert.Equal(claim == former ? WriteOutcome.Refused : WriteOutcome.Written, await outcome);
            Assert.Equal(claim == former, await Store.FindAsync(job.Id, None) is null);
        }
    }

    [Fact]
    public async Task Nobody_writes_under_an_epoch_that_is_not_there_yet_or_to_a_shard_that_is_not_there()
    {
        var claim = await ClaimAsync();
        Assert.Equal(WriteOutcome.Refused, await TryWriteAsync(claim with { Epoch = claim.Epoch + 1 }, [NextJob(claim)]));
        var nowhere = claim with { Number = JobId.ShardEnd - 3 };
        Assert.Equal(WriteOutcome.Refused, await TryWriteAsync(nowhere, [NextJob(nowhere)]));
        Assert.Empty(await TakeOverAsync(claim));
    }

    [Fact]
    public async Task A_former_owner_cannot_release_the_shard()
    {
        var former = await ClaimAsync();
        var owner = await ClaimAsync(former.Key);
        Assert.Equal(WriteOutcome.Refused, await Store.ReleaseAsync(former.Number, former.Epoch));
        await WriteAsync(owner, [NextJob(owner)]);
        Assert.False((await ClaimAsync(former.Key)).WasClean);
    }

    [Fact]
    public async Task An_owner_that_did_not_release_was_not_clean()
    {
        var first = await ClaimAsync();
        await ReopenAsync();
        Assert.False((await ClaimAsync(first.Key)).WasClean);
    }

    [Fact]
    public async Task An_owner_that_released_was_clean_until_the_next_does_not()
    {
        var first = await ClaimAsync();
        Assert.Equal(WriteOutcome.Written, await Store.ReleaseAsync(first.Number, first.Epoch));
        await ReopenAsync();
        Assert.True((await ClaimAsync(first.Key)).WasClean);
        await ReopenAsync();
        Assert.False((await ClaimAsync(first.Key)).WasClean);
    }

    [Fact]
    public async Task Shards_are_listed_with_their_owners()
    {
        var owned = await Store.ClaimAsync(NewShard(), "silo-a", isPlanned: true, None);
        var released = await Store.ClaimAsync(NewShard(), "silo-b", isPlanned: false, None);
        await Store.ReleaseAsync(released.Number, released.Epoch);
        await ReopenAsync();
        var rows = (await Store.ShardsAsync(None)).Where(s => s.Number == owned.Number || s.Number == released.Number).OrderBy(s => s.Owner is null);
        Assert.Equal(
            [new ShardRow(owned.Number, owned.Key, owned.Epoch, "silo-a"), new ShardRow(released.Number, released.Key, released.Epoch, null)], rows);
    }

    [Fact]
    public async Task A_claim_tells_the_highest_id_that_was_stored()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 3);
        await WriteAsync(claim, jobs, ends: [End(jobs[2].Id)]);
        var other = await ClaimAsync();
        await AcceptAsync(other);
        await ReopenAsync();
        Assert.Equal(jobs[2].Id, (await ClaimAsync(claim.Key)).LastId);
    }

    [Fact]
    public async Task A_claim_tells_where_the_last_checkpoint_had_read_the_inbox_up_to()
    {
        var claim = await ClaimAsync();
        await CheckpointAsync(claim, default, [], inboxPosition: 17);
        await CheckpointAsync(claim, default, [], inboxPosition: 42);
        await ReopenAsync();
        Assert.Equal(42, (await ClaimAsync(claim.Key)).InboxPosition);
    }
}
