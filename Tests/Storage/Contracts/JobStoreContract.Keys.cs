using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>Which job has a key.</summary>
public abstract partial class JobStoreContract
{
    [Fact]
    public async Task A_key_is_found_by_those_who_look_far_enough_back()
    {
        var claim = await ClaimAsync();
        var at = Store.Now.AddHours(-3);
        var key = await KeyAsync(claim, "k", at);
        Assert.Equal(RowText.Of(key), RowText.Of(Assert.Single(await FindAsync(claim, key.Id.At, "k"))));
        Assert.Single(await FindAsync(claim, key.Id.At.AddTicks(-1), "k"));
        Assert.Empty(await FindAsync(claim, key.Id.At.AddTicks(1), "k"));
        Assert.Empty(await FindAsync(claim, key.Id.At.AddMilliseconds(1), "k"));
    }

    [Fact]
    public async Task The_newest_of_several_jobs_with_a_key_is_found()
    {
        var claim = await ClaimAsync();
        await KeyAsync(claim, "k", Store.Now.AddHours(-2));
        var newest = await KeyAsync(claim, "k", Store.Now);
        await KeyAsync(claim, "k", Store.Now.AddHours(-1));
        await ReopenAsync();
        Assert.Equal(RowText.Of(newest), RowText.Of(Assert.Single(await FindAsync(claim, Store.Now.AddDays(-1), "k"))));
    }

    [Fact]
    public async Task Only_the_keys_that_are_asked_for_are_found()
    {
        var claim = await ClaimAsync();
        var other = await ClaimAsync();
        var (a, b) = (await KeyAsync(claim, "a", Store.Now), await KeyAsync(claim, "b", Store.Now));
        await KeyAsync(claim, "c", Store.Now);
        await KeyAsync(other, "d", Store.Now);
        await KeyAsync(claim, "e", Store.Now, JobKeyKind.Unique);
        var found = await FindAsync(claim, Store.Now.AddDays(-1), "b", "a", "d", "e", "nobody's");
        Assert.Equal(new[] { a, b }.Select(RowText.Of).ToHashSet(), found.Select(RowText.Of).ToHashSet());
        Assert.Empty(await FindAsync(claim, Store.Now.AddDays(-1)));
    }

    [Fact]
    public async Task A_key_tells_how_many_jobs_the_request_had_and_what_its_body_was()
    {
        var claim = await ClaimAsync();
        var id = NextId(claim);
        var key = new JobKeyRow(JobKeyKind.Idempotency, Hash("k"), id, 10_000, Hash("body"));
        var unique = new JobKeyRow(JobKeyKind.Unique, Hash("k"), id, 1, default);
        await WriteAsync(claim, keys: [key, unique]);
        Assert.Equal(RowText.Of(key), RowText.Of(Assert.Single(await FindAsync(claim, Store.Now.AddDays(-1), "k"))));
        var found = await Store.FindKeysAsync(claim.Number, JobKeyKind.Unique, [Hash("k")], Store.Now.AddDays(-1), None);
        Assert.Equal(RowText.Of(unique), RowText.Of(Assert.Single(found)));
    }

    [Fact]
    public async Task A_thousand_keys_are_found_at_once()
    {
        var claim = await ClaimAsync();
        var keys = Enumerable.Range(0, 1_000).Select(i => new JobKeyRow(JobKeyKind.Unique, Hash($"k{i}"), NextId(claim), 1, default)).ToArray();
        await WriteAsync(claim, keys: keys);
        var found = await Store.FindKeysAsync(claim.Number, JobKeyKind.Unique, [.. keys.Select(k => k.Hash)], Store.Now.AddDays(-1), None);
        Assert.Equal(keys.Select(RowText.Of).ToHashSet(), found.Select(RowText.Of).ToHashSet());
    }

    private async Task<JobKeyRow> KeyAsync(ShardClaim claim, string key, DateTimeOffset at, JobKeyKind kind = JobKeyKind.Idempotency)
    {
        var row = new JobKeyRow(kind, Hash(key), NextId(claim, at), 1, kind == JobKeyKind.Idempotency ? Hash("body") : default);
        await WriteAsync(claim, [new JobRow(row.Id, Spec())], [row]);
        return row;
    }

    private Task<IReadOnlyList<JobKeyRow>> FindAsync(ShardClaim claim, DateTimeOffset since, params string[] keys) =>
        Store.FindKeysAsync(claim.Number, JobKeyKind.Idempotency, [.. keys.Select(Hash)], since, None);
}
