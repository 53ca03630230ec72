using Hearth.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>What those are told who follow a shard.</summary>
public sealed class ShardTailTests
{
    private static readonly long Minute = TimeSpan.FromMinutes(1).Ticks;

    private readonly ShardTail tail = new();

    [Fact]
    public async Task Nothing_is_kept_before_somebody_asks()
    {
        Assert.False(tail.IsFollowed);
        Assert.Equal((100L, false, 0), Told(await tail.ReadAsync(0, 100, default)));
        Assert.True(tail.IsFollowed);
    }

    [Fact]
    public async Task A_follower_waits_for_the_next_and_gets_what_came_in_its_order()
    {
        var position = (await tail.ReadAsync(0, 100, default)).Position;
        var waiting = tail.ReadAsync(position, 100, default);
        Assert.False(waiting.IsCompleted);
        Add(2);
        tail.Tell(100);
        var page = await waiting;
        Assert.Equal((102L, false, 2), Told(page));
        Assert.Equal([1, 2], page.Events.Select(e => e.Attempt));
        Assert.Equal((102L, false, 1), Told(await tail.ReadAsync(101, 100, default)));
    }

    [Fact]
    public async Task Who_is_too_slow_has_a_gap_and_goes_on_with_what_is_kept()
    {
        await tail.ReadAsync(0, 100, default);
        Add(ShardTail.KeptMax + 7);
        var (position, told) = (100L, new List<int>());
        for (var isFirst = true; told.Count < ShardTail.KeptMax; isFirst = false)
        {
            var page = await tail.ReadAsync(position, 100, default);
            Assert.Equal(isFirst, page.IsGap);
            told.AddRange(page.Events.Select(e => e.Attempt));
            position = page.Position;
        }

        Assert.Equal(Enumerable.Range(8, ShardTail.KeptMax), told);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(5_000)]
    public async Task A_position_of_another_owner_is_a_gap(long position) =>
        Assert.Equal((100L, true, 0), Told(await tail.ReadAsync(position, 100, default)));

    [Fact]
    public async Task What_nobody_has_asked_for_for_a_minute_is_forgotten_and_its_positions_do_not_come_back()
    {
        await tail.ReadAsync(0, 100, default);
        Add(3);
        tail.Tell(100 + Minute);
        Assert.True(tail.IsFollowed);
        tail.Tell(101 + Minute);
        Assert.False(tail.IsFollowed);
        Assert.Equal((102 + Minute, true, 0), Told(await tail.ReadAsync(103, 102 + Minute, default)));
    }

    [Fact]
    public async Task Nobody_waits_for_one_that_was_closed()
    {
        var position = (await tail.ReadAsync(0, 100, default)).Position;
        var waiting = tail.ReadAsync(position, 100, default);
        tail.Close();
        Assert.Equal((position, false, 0), Told(await waiting));
        Assert.Equal((position, false, 0), Told(await tail.ReadAsync(position, 100, default)));
    }

    [Fact]
    public async Task Who_gives_up_does_not_wait_any_more()
    {
        var position = (await tail.ReadAsync(0, 100, default)).Position;
        using var gives = new CancellationTokenSource();
        var waiting = tail.ReadAsync(position, 100, gives.Token);
        await gives.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        tail.Tell(101 + Minute);
        Assert.False(tail.IsFollowed);
    }

    private void Add(int count)
    {
        for (var i = 1; i <= count; i++)
            tail.Add(new TailEvent(TailKind.Accepted, default, "f", default, i));
    }

    private static (long Position, bool IsGap, int Count) Told(TailPage page) => (page.Position, page.IsGap, page.Events.Length);
}
