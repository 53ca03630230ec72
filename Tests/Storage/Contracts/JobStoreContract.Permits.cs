using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>Permits that owners of shards have taken.</summary>
public abstract partial class JobStoreContract
{
    [Fact]
    public async Task Permits_are_there_after_a_restart_until_they_do_not_matter_any_more()
    {
        var claim = await ClaimAsync();
        var (one, other) = (Guid.NewGuid(), Guid.NewGuid());
        // Times are kept to the microsecond.
        var now = Store.Now;
        now = now.AddTicks(-(now.UtcTicks % TimeSpan.TicksPerMicrosecond));
        var later = now.AddDays(1);
        PermitRow[] kept = [new(one, now, 5, later), new(one, now, -2, later), new(one, now.AddSeconds(1), 7, later), new(other, now, 5, later)];
        PermitRow old = new(other, now.AddDays(-2), 5, now.AddDays(-1));
        await TakeAsync(claim, [.. kept, old]);
        await TakeAsync(await ClaimAsync(), [new(one, now, 1, later)]);
        await Store.MaintainAsync(new Retention(), None);
        await ReopenAsync();
        Assert.Equal(kept.Select(Text).Order(), (await Store.PermitsAsync(claim.Number, None)).Select(Text).Order());
        Assert.Empty(await Store.PermitsAsync((await ClaimAsync()).Number, None));

        static string Text(PermitRow row) => $"{row.Scope} {row.At:O} {row.Count} {row.KeptUntil:O}";
    }

    [Fact]
    public async Task Permits_of_a_former_owner_are_refused()
    {
        var former = await ClaimAsync();
        var owner = await ClaimAsync(former.Key);
        var row = new PermitRow(Guid.NewGuid(), Store.Now, 1, Store.Now.AddDays(1));
        Assert.Equal(WriteOutcome.Refused, await Store.WriteAsync(new ShardWrite(former.Number, former.Epoch) { Permits = new[] { row } }));
        Assert.Empty(await Store.PermitsAsync(owner.Number, None));
    }

    private async Task TakeAsync(ShardClaim claim, PermitRow[] permits) =>
        Assert.Equal(WriteOutcome.Written, await Store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch) { Permits = permits }));
}
