using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Tests.Queues;

/// <summary>How one generation of shards follows another.</summary>
public sealed class QueueLayoutTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_change_makes_new_shards_and_remembers_the_former()
    {
        QueueGeneration[] first = [new("default", 0, 1)];
        Assert.Same(first, QueueLayout.Resize(first, "default", 1, Now));
        var second = QueueLayout.Resize(first, "default", 4, Now)!;
        Assert.Equal([new("default", 0, 1, Now), new("default", 1, 4)], second);
        Assert.Equal([.. second.Take(1), new("default", 1, 4, Now.AddDays(1)), new("gpu", 5, 4)], QueueLayout.Resize(second, "gpu", 4, Now.AddDays(1))!);
    }

    [Fact]
    public void Numbers_are_free_again_when_no_key_of_theirs_counts()
    {
        QueueGeneration[] before = [new("default", 0, 1, Now), new("default", 1, 4, Now.AddDays(5)), new("default", 5, 2)];
        Assert.Equal(0, QueueLayout.Resize(before, "default", 1, Now.AddDays(8))![^1].First);
        Assert.Equal(7, QueueLayout.Resize(before, "default", 3, Now.AddDays(8))![^1].First);
        Assert.Equal([new("default", 5, 2, Now.AddDays(30)), new("default", 0, 3)], QueueLayout.Resize(before, "default", 3, Now.AddDays(30))!);
    }

    [Fact]
    public void More_changes_than_can_be_remembered_are_refused_until_some_are_forgotten()
    {
        IReadOnlyList<QueueGeneration>? layout = [new QueueGeneration("default", 0, 1)];
        for (var n = 0; n < QueueRules.GenerationsMax; n++)
            layout = QueueLayout.Resize(layout!, "default", 2 + (n % 2), Now)!;
        Assert.Null(QueueLayout.Resize(layout, "default", 9, Now.AddDays(6)));
        Assert.NotNull(QueueLayout.Resize(layout, "default", 9, Now.AddDays(7)));
    }

    [Fact]
    public void A_key_always_has_the_same_shard_of_a_generation_and_keys_are_spread()
    {
        var generation = new QueueGeneration("gpu", 3, 4);
        var shards = Enumerable.Range(0, 400).GroupBy(n => Of("key" + n)).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(["gpu/mail/3", "gpu/mail/4", "gpu/mail/5", "gpu/mail/6"], shards.Keys.Order(StringComparer.Ordinal));
        Assert.All(shards.Values, count => Assert.InRange(count, 60, 140));
        Assert.Equal(Of("a"), Of("a"));
        Assert.All(shards.Keys, key => Assert.True(generation.Has(key)));
        Assert.False(generation.Has(ShardKey.Of("mail", "gpu", 7)));
        Assert.False(generation.Has(ShardKey.Of("mail", "default", 3)));

        string Of(string key) => generation.KeyFor("mail", JobRoute.HashOf(JobSpec.Of("echo", 1, new JobOptions { Key = key }))!.Value.Span);
    }
}
