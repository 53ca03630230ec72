using Hearth.Jobs;
using Hearth.Queues;

namespace Hearth.Tests.Jobs.Limits;

/// <summary>A shard and the keeper of its queue's limits, one call after the other.</summary>
public sealed class StartKeeperTests
{
    private readonly StartGrants grants = new();
    private readonly Books books = new();
    private StartKeeper keeper = null!;

    [Fact]
    public void Jobs_that_one_silo_is_too_full_for_start_on_another()
    {
        Open(new QueueLimits { ConcurrencyPerSilo = 2 });
        Assert.Equal(0, Room(9, "a"));
        Ask(ready: 4);
        Assert.Equal(2, Room(9, "a"));
        Start("a", 2);
        Assert.Equal(0, Room(9, "a"));
        Ask(ready: 2, new SiloStarts("a", 2));
        Assert.Equal(0, Room(9, "b"));
        Ask(ready: 2, new SiloStarts("a", 2));
        Assert.Equal(2, Room(9, "b"));
    }

    [Fact]
    public void Silos_that_could_all_start_a_job_do_not_get_a_start_each()
    {
        Open(new QueueLimits { ConcurrencyPerSilo = 2 });
        Assert.Equal(0, Room(9, "a"));
        Assert.Equal(0, Room(9, "b"));
        Ask(ready: 1);
        Assert.Equal(1, grants.Left);
        // The keeper has forgotten who else wanted it.
        Start("a", 1);
        Assert.Equal(0, Room(1, "b"));
        Ask(ready: 1, new SiloStarts("a", 2));
        Assert.True(grants.HasFor("b"));
    }

    [Fact]
    public void What_a_silo_does_not_come_for_goes_to_one_that_does()
    {
        Open(new QueueLimits { ConcurrencyPerSilo = 2 });
        Assert.Equal(0, Room(9, "a"));
        Ask(ready: 1);
        Assert.True(grants.HasFor("a"));
        books.Now += StartKeeper.GoodFor + 1;
        Assert.Equal(0, Room(9, "b"));
        Ask(ready: 1);
        Assert.True(grants.HasFor("b"), "It is kept for the silo that does not come.");
    }

    [Fact]
    public void While_all_slots_are_taken_rates_that_have_room_wake_nobody()
    {
        Open(new QueueLimits { Concurrency = 1, Rates = [new RateLimit(16, TimeSpan.FromHours(1))] });
        Assert.Equal(0, Room(2, "a"));
        Ask(ready: 2);
        books.Arrive(keeper);
        Assert.Equal(1, books.Calls);
        grants.Called();
        Ask(ready: 2);
        Assert.Equal(1, Room(1, "a"));
        Start("a", 1);
        Assert.Equal(0, Room(1, "a"));
        Ask(ready: 1, new SiloStarts("a", 1));
        Assert.InRange(Wakes(TimeSpan.FromSeconds(10)), 0, 10);
        // The end of the job is enough.
        grants.Moved();
        Ask(ready: 1);
        books.Arrive(keeper);
        Assert.Equal(2, books.Calls);
        grants.Called();
        Ask(ready: 1);
        Assert.Equal(1, Room(1, "a"));
    }

    [Fact]
    public void An_answer_from_before_the_keeper_met_the_shard_is_not_used_after_it()
    {
        Open(new QueueLimits { Concurrency = 2 });
        Assert.Equal(0, Room(2, "a"));
        var ask = grants.Next("s", 1, [], 2);
        var grant = keeper.Answer(ask);
        Assert.Equal(2, grant.Given.Sum(silo => silo.Count));
        Assert.True(grants.Meet(1));
        Assert.NotNull(keeper.Note(grants.Next("s", 1, [], 2)));
        Assert.True(grants.Take(ask, grant));
        Assert.Equal(0, grants.Left);
        Ask(ready: 2);
        Assert.Equal(2, grants.Left);
    }

    private void Open(QueueLimits limits)
    {
        keeper = new StartKeeper(epoch: 1, limits, books);
        grants.Use(limits);
        Assert.True(grants.Meet(1));
        keeper.Note(grants.Next("s", 1, [], 0));
        keeper.Open(StartsBefore.None);
    }

    private int Room(int max, string silo) => grants.Room(max, silo, books.Now);

    private void Start(string silo, int count)
    {
        for (var i = 0; i < count; i++)
        {
            grants.Reserve(silo);
            grants.Used(books.Now);
        }
    }

    /// <summary>As long as there is something to tell.</summary>
    private void Ask(int ready, params SiloStarts[] running)
    {
        Assert.True(grants.MustAsk);
        while (grants.MustAsk)
        {
            var ask = grants.Next("s", 1, running, ready);
            Assert.True(grants.Take(ask, keeper.Answer(ask)));
        }
    }

    /// <summary>How often the keeper's timer wakes it.</summary>
    private int Wakes(TimeSpan length)
    {
        var wakes = 0;
        for (var end = books.Now + length.Ticks; keeper.NextTime <= end && wakes < 1_000; wakes++)
        {
            books.Now = Math.Max(books.Now + TimeSpan.TicksPerMillisecond, keeper.NextTime);
            keeper.Tick();
        }

        return wakes;
    }

    private sealed class Books : IStartKeeperHost
    {
        private readonly List<(Guid Scope, int Count)> coming = [];

        public long Now { get; set; } = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

        public bool MayGive => true;

        public int Calls { get; private set; }

        public void Call(string shard) => Calls++;

        public void Arm()
        {
        }

        public void Store(Guid scope, long at, int count, long keptUntil) => coming.Add((scope, count));

        public void Arrive(StartKeeper to)
        {
            foreach (var (scope, count) in coming.ToList())
                to.Stored(scope, count);
            coming.Clear();
        }
    }
}
