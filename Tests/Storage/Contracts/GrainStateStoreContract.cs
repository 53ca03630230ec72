using System.Text;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>What <see cref="IGrainStateStore"/> promises, whoever keeps it. Grains have names of their own in each test.</summary>
public abstract class GrainStateStoreContract : IAsyncLifetime
{
    private readonly string own = $"contract/{Guid.NewGuid():N}/";

    private IGrainStateStore Store { get; set; } = null!;

    protected abstract Task<IGrainStateStore> OpenAsync();

    protected abstract Task CloseAsync();

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    [Fact]
    public async Task State_comes_back_with_its_etag()
    {
        Assert.Null(await Store.ReadAsync(own, "n"));
        var etag = await Store.WriteAsync(own, "n", "{}"u8.ToArray(), null);
        var row = (await Store.ReadAsync(own, "n"))!;
        Assert.Equal((etag, "{}"), (row.ETag, Encoding.UTF8.GetString(row.Payload)));
        Assert.Null(await Store.ReadAsync(own, "other"));
    }

    [Fact]
    public async Task Whoever_was_not_the_last_writer_is_refused()
    {
        var first = await Store.WriteAsync(own, "n", [1], null);
        Assert.Null(await Store.WriteAsync(own, "n", [2], null));
        Assert.Null(await Store.WriteAsync(own, "n", [2], "another"));
        var second = await Store.WriteAsync(own, "n", [3], first);
        Assert.Null(await Store.WriteAsync(own, "n", [4], first));
        Assert.Equal([3], (await Store.ReadAsync(own, "n"))!.Payload);
        Assert.False(await Store.ClearAsync(own, "n", first));
        Assert.True(await Store.ClearAsync(own, "n", second));
        Assert.Null(await Store.ReadAsync(own, "n"));
        Assert.True(await Store.ClearAsync(own, "n", null));
    }

    [Fact]
    public async Task Of_many_writers_at_once_one_wins()
    {
        string? etag = null;
        for (var round = 0; round < 3; round++)
        {
            var before = etag;
            var etags = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Store.WriteAsync(own, "n", [(byte)i], before)));
            etag = Assert.Single(etags, one => one is not null);
        }

        Assert.Equal(etag, (await Store.ReadAsync(own, "n"))!.ETag);
    }

    [Fact]
    public async Task A_list_has_the_states_of_one_name_whose_grains_begin_alike_in_the_order_of_their_bytes()
    {
        // Neighbours of the prefix on both sides, and letters that languages sort in an order of their own.
        string[] keys = ["", "%", "A", "Z", "_", "a", "a/b", "ab", "b", "z", "ä", "é", "\uD7FF", "\uE000", "\uFFFD", "😀"];
        foreach (var key in keys)
            await Store.WriteAsync(own + key, "n", Encoding.UTF8.GetBytes(key), null);
        await Store.WriteAsync(own + "a", "other", [1], null);
        await Store.WriteAsync(own[..^1] + ".", "n", [1], null);
        await Store.WriteAsync(own[..^1] + "0", "n", [1], null);

        var all = await Store.ListAsync("n", own, null, 100, CancellationToken.None);
        Assert.Equal(keys.OrderBy(k => Convert.ToHexString(Encoding.UTF8.GetBytes(k)), StringComparer.Ordinal).Select(k => own + k), all.Select(h => h.Grain));
        Assert.All(all, head => Assert.Equal(Encoding.UTF8.GetByteCount(head.Grain[own.Length..]), head.Bytes));
        foreach (var prefix in keys.Where(k => k.Length > 0))
        {
            var found = await Store.ListAsync("n", own + prefix, null, 100, CancellationToken.None);
            Assert.Equal(all.Where(h => h.Grain.StartsWith(own + prefix, StringComparison.Ordinal)), found);
        }

        var paged = new List<GrainStateHead>();
        while (await Store.ListAsync("n", own, paged.LastOrDefault()?.Grain, 5, CancellationToken.None) is { Count: > 0 } page)
            paged.AddRange(page);
        Assert.Equal(all, paged);
    }

    [Fact]
    public async Task A_write_changes_its_time_length_and_etag()
    {
        var etag = await Store.WriteAsync(own, "n", [1], null);
        var first = Assert.Single(await Store.ListAsync("n", own, null, 10, CancellationToken.None));
        Assert.Equal(etag, first.ETag);
        Assert.InRange(first.UpdatedAt, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(5));
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        etag = await Store.WriteAsync(own, "n", new byte[100_000], etag);
        var second = Assert.Single(await Store.ListAsync("n", own, null, 10, CancellationToken.None));
        Assert.Equal((100_000, etag), (second.Bytes, second.ETag));
        Assert.True(second.UpdatedAt > first.UpdatedAt);
    }
}
