using FsCheck;
using FsCheck.Fluent;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Jobs.States;

/// <summary>Ids, and the mint that makes them. A failure names its seed; <c>Config.WithReplay</c> takes it.</summary>
public sealed class JobIdTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(5_000);

    private static Arbitrary<JobId> Ids => Arb.From(
        from ms in Gen.OneOf(Gen.Choose(0, 1_000).Select(ms => (long)ms), ArbMap.Default.GeneratorFor<uint>().Select(ms => (long)ms * 60_000), Gen.Constant(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()))
        from counter in Gen.OneOf(Gen.Choose(0, 3), Gen.Choose(0, (1 << 30) - 1))
        from shard in Gen.Choose(1, JobId.ShardEnd - 1)
        from epoch in Gen.Choose(0, (1 << 20) - 1)
        select JobId.Create(ms, counter, shard, epoch));

    [Fact]
    public void Text_and_bytes_come_back_as_the_id() => Check.One(Runs, Prop.ForAll(Ids, id =>
    {
        var bytes = new byte[16];
        id.Write(bytes);
        return JobId.TryParse(id.ToString(), out var parsed) && parsed == id && JobId.Read(bytes) == id
            && id.ToString().Length == 32 && id.ToString() == Convert.ToHexStringLower(bytes);
    }));

    [Fact]
    public void The_order_of_ids_is_that_of_their_texts_and_bytes() => Check.One(Runs, Prop.ForAll(Ids, Ids, (a, b) =>
    {
        var order = Math.Sign(a.CompareTo(b));
        var (x, y) = (new byte[16], new byte[16]);
        a.Write(x);
        b.Write(y);
        return order == Math.Sign(string.CompareOrdinal(a.ToString(), b.ToString()))
            && order == Math.Sign(x.AsSpan().SequenceCompareTo(y))
            && order == Math.Sign((a.UnixMilliseconds, a.Counter, a.Value).CompareTo((b.UnixMilliseconds, b.Counter, b.Value)))
            && (a < b) == (order < 0) && (a >= b) == (order >= 0);
    }));

    [Fact]
    public void An_id_tells_what_it_was_made_of_and_is_a_version_7_UUID() => Check.One(Runs, Prop.ForAll(Ids, id =>
    {
        var again = JobId.Create(id.UnixMilliseconds, id.Counter, id.Shard, Convert.ToInt64(id.ToString()[^5..], 16));
        return again == id && id.ToString()[12] == '7' && "89ab".Contains(id.ToString()[16]) && JobId.First(id.At) <= id;
    }));

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("0190b5a0-0000-7000-8000-000000000000")]
    [InlineData("0190b5a0000070008000000000000")]
    [InlineData("zz90b5a0000070008000000000000000")]
    public void Other_texts_are_no_ids(string? text) => Assert.False(JobId.TryParse(text, out _));

    [Fact]
    public void A_mints_ids_grow_whatever_the_clock_does()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var owner = 0; owner < 200; owner++)
        {
            var last = JobId.Create(random.NextInt64(1_000_000), random.Next(JobId.CounterEnd), 7, owner);
            var mint = new JobIdMint(7, owner + 1, last);
            for (var i = 0; i < 500; i++)
            {
                var count = random.Next(5) == 0 ? random.Next(1, 10_001) : 1;
                var now = DateTimeOffset.FromUnixTimeMilliseconds(random.NextInt64(2_000_000));
                var first = mint.Next(now, count);
                Assert.True(first > last, $"seed {seed}");
                Assert.Equal((7, owner + 1), (first.Shard, Convert.ToInt32(first.ToString()[^5..], 16)));
                last = first.Plus(count - 1);
                Assert.True(last.Counter < JobId.CounterEnd && last >= first && last.UnixMilliseconds == first.UnixMilliseconds, $"seed {seed}");
            }
        }
    }

    [Theory]
    [InlineData(JobId.CounterEnd - 1, 1)]
    [InlineData(JobId.CounterEnd - 2, 2)]
    [InlineData(JobId.CounterEnd - 10_000, 10_000)]
    public void A_mint_whose_counter_is_used_up_goes_on_in_the_next_millisecond(int counter, int count)
    {
        var mint = new JobIdMint(1, 1, JobId.Create(1_000, counter, 1, 1));
        var first = mint.Next(DateTimeOffset.FromUnixTimeMilliseconds(1_000), count);
        Assert.Equal((1_001, 0), (first.UnixMilliseconds, first.Counter));
    }

    [Fact]
    public void A_mint_goes_on_above_an_id_of_the_inbox()
    {
        var last = InboxIds.Create(DateTimeOffset.FromUnixTimeMilliseconds(1_000), 1);
        Assert.True(last.Counter >= JobId.CounterEnd);
        var next = new JobIdMint(1, 1, last).Next(DateTimeOffset.FromUnixTimeMilliseconds(500));
        Assert.True(next > last && next.Counter < JobId.CounterEnd);
    }

    [Fact]
    public void Owners_of_one_shard_never_mint_the_same()
    {
        var last = JobId.Create(1_000, 5, 1, 1);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(1_000);
        Assert.NotEqual(new JobIdMint(1, 2, last).Next(now), new JobIdMint(1, 3, last).Next(now));
    }
}
