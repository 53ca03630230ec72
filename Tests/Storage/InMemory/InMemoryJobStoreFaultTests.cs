using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.InMemory;

/// <summary>The faults that other tests rely on.</summary>
public sealed class InMemoryJobStoreFaultTests
{
    private readonly InMemoryJobStore store = new(new ManualTimeProvider());
    private int counter;

    [Fact]
    public async Task A_write_that_is_to_fail_stores_nothing_and_the_next_does()
    {
        var claim = await ClaimAsync();
        store.FailNextWrite();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync(claim));
        Assert.Equal(WriteOutcome.Written, await WriteAsync(claim));
        Assert.Equal(1, await CountAsync(claim));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_outcome_that_is_to_be_lost_is_unknown_either_way(bool isStored)
    {
        var claim = await ClaimAsync();
        store.LoseNextOutcome(isStored);
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => WriteAsync(claim));
        Assert.Equal(isStored ? 1 : 0, await CountAsync(claim));
    }

    [Fact]
    public async Task Writes_that_are_held_are_made_in_their_order()
    {
        var claim = await ClaimAsync();
        store.HoldWrites();
        var (first, second) = (WriteAsync(claim), WriteAsync(claim));
        Assert.Equal((2, 0), (store.HeldWrites, await CountAsync(claim)));
        store.ReleaseWrites();
        Assert.Equal([WriteOutcome.Written, WriteOutcome.Written], await Task.WhenAll(first, second));
        Assert.Equal(2, await CountAsync(claim));
    }

    [Fact]
    public async Task Nothing_works_while_the_store_is_down()
    {
        var claim = await ClaimAsync();
        store.IsDown = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync(claim));
        await Assert.ThrowsAsync<StoreUnavailableException>(ClaimAsync);
        store.IsDown = false;
        Assert.Equal(WriteOutcome.Written, await WriteAsync(claim));
    }

    private Task<ShardClaim> ClaimAsync() => store.ClaimAsync("pool/queue/0", "owner", isPlanned: false, CancellationToken.None);

    private Task<WriteOutcome> WriteAsync(ShardClaim claim) => store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)
    {
        Jobs = new[] { new JobRow(JobId.Create(1, ++counter, claim.Number, claim.Epoch), new JobSpec("f", "t", default)) },
    });

    private async Task<int> CountAsync(ShardClaim claim) =>
        (await store.ListAsync(new JobFilter([claim.Number]), CancellationToken.None)).Jobs.Count;
}
