using Orleans.Runtime;

namespace Hearth.Tests.Engine.Embedded.Wire;

public sealed class MoveTests
{
    [Fact]
    public async Task A_silo_that_knows_less_than_the_caller_looks_again_before_it_takes_the_call()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        view.Pin("younger", "a");
        b.Locator.Follows = false;
        view.Pin("younger", "b");
        Assert.Equal("b", await a.Far("younger").Home());
    }

    [Fact]
    public async Task A_caller_that_knows_less_than_the_silo_is_sent_elsewhere()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        await using var c = await TestSilo.StartAsync(view, "c");
        view.Pin("older", "b");
        var grain = a.Far("older");
        Assert.Equal("b", await grain.Home());
        a.Locator.Follows = false;
        var activation = b.Engine.Classes.Single(t => t.Type == typeof(FarGrain)).Find("older")!;
        view.Pin("older", "c");
        await activation.Deactivated.WaitAsync(Gate.Patience);
        Assert.Equal("c", await grain.Home());
        Assert.Equal(view.Latest.Version, a.Locator.Version);
    }

    [Fact]
    public async Task Silos_that_disagree_to_the_end_refuse_the_call_as_not_run()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a", responseTimeout: TimeSpan.FromSeconds(1));
        await using var b = await TestSilo.StartAsync(view, "b");
        view.Pin("disputed", "a");
        (b.Locator.Follows, b.Locator.CanRefresh) = (false, false);
        view.Pin("disputed", "b");
        var error = await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => Gate.EndOf(a.Far("disputed").Home()));
        Assert.Contains("has not run", error.Message, StringComparison.Ordinal);
        b.Locator.Take();
        Assert.Equal("b", await a.Far("disputed").Home());
    }

    [Fact]
    public async Task When_the_view_changes_activations_that_live_elsewhere_now_end_and_references_follow()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        view.Pin("swept", "a");
        var grain = a.Far("swept");
        Assert.Equal("a", await grain.Home());
        var activation = a.Engine.Classes.Single(c => c.Type == typeof(FarGrain)).Find("swept")!;
        view.Pin("swept", "b");
        await activation.Deactivated.WaitAsync(Gate.Patience);
        Assert.Equal("b", await grain.Home());
        view.Pin("swept", "a");
        Assert.Equal("a", await grain.Home());
        Assert.Equal(1, FarGrain.MostAtOnce["swept"]);
    }

    [Fact]
    public async Task A_grain_begins_at_its_new_home_only_after_it_has_ended_at_the_former_one()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        view.Pin("handed-over", "a");
        // It does not see the change by itself: only by being asked.
        a.Locator.Follows = false;
        var running = b.Far("handed-over").PassGate("handed-over");
        await Gate.Of("handed-over").ArrivalAsync();
        view.Pin("handed-over", "b");
        var moved = b.Far("handed-over").Home();
        await Gate.StaysOpen(moved);
        Gate.Of("handed-over").Open();
        await Gate.EndOf(running);
        Assert.Equal("b", await moved);
        Assert.Equal(1, FarGrain.MostAtOnce["handed-over"]);
    }

    [Fact]
    public async Task A_grain_that_moves_on_before_it_has_ended_is_waited_for_by_its_last_home()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        await using var c = await TestSilo.StartAsync(view, "c");
        view.Pin("moved-twice", "a");
        var running = b.Far("moved-twice").PassGate("moved-twice");
        await Gate.Of("moved-twice").ArrivalAsync();
        view.Pin("moved-twice", "b");
        view.Pin("moved-twice", "c");
        var moved = c.Far("moved-twice").Home();
        await Gate.StaysOpen(moved);
        Gate.Of("moved-twice").Open();
        await Gate.EndOf(running);
        Assert.Equal("c", await moved);
        Assert.Equal(1, FarGrain.MostAtOnce["moved-twice"]);
    }

    [Fact]
    public async Task Calls_that_wait_at_the_former_home_run_at_the_new_one()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        await using var c = await TestSilo.StartAsync(view, "c");
        view.Pin("waited", "a");
        var running = c.Far("waited").PassGate("waited");
        await Gate.Of("waited").ArrivalAsync();
        var waiting = new[] { a.Far("waited").Home(), c.Far("waited").Home() };
        Task oneWay = a.Far("waited").Note(1);
        var activation = a.Engine.Classes.Single(c => c.Type == typeof(FarGrain)).Find("waited")!;
        // The last of them to arrive.
        await Until(() => activation.Load == 4);
        view.Pin("waited", "b");
        await Until(() => activation.IsDeactivating);
        Gate.Of("waited").Open();
        await Task.WhenAll(running, oneWay).WaitAsync(Gate.Patience);
        Assert.Equal(["b", "b"], await Task.WhenAll(waiting).WaitAsync(Gate.Patience));
        Assert.Equal(1, Assert.Single(await c.Far("waited").Notes()));
    }

    [Fact]
    public async Task A_former_home_that_nobody_listens_at_any_more_is_not_waited_for()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        view.Pin("orphaned", "b");
        Assert.Equal("b", await a.Far("orphaned").Home());
        b.Kill();
        b.Locator.Follows = false;
        view.Pin("orphaned", "a");
        Assert.Equal("a", await a.Far("orphaned").Home().WaitAsync(TimeSpan.FromSeconds(8)));
    }

    [Fact]
    public async Task A_grain_that_asks_to_move_goes_where_it_lives_and_stays_where_it_lives_here()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        var grain = a.Far("asks");
        Assert.Equal(1, await grain.Count());
        await grain.Move();
        Assert.Equal(2, await grain.Count());
    }

    [Fact]
    public async Task No_key_ever_has_two_activations_while_silos_come_and_drain_under_load()
    {
        var view = new TestView();
        var silos = new List<TestSilo>();
        for (var i = 0; i < 3; i++)
            silos.Add(await TestSilo.StartAsync(view, $"s{i}"));
        using var done = new CancellationTokenSource();
        var callers = silos.SelectMany(silo => Enumerable.Range(0, 8).Select(i => CallAsync(silo, i, done.Token))).ToArray();
        var random = new Random(3);
        for (var round = 0; round < 40; round++)
        {
            var silo = silos[random.Next(3)].Id;
            var row = view.Latest.Rows[silo];
            if (row.IsActive && view.Latest.Rows.Values.Count(r => r.IsActive) > 1)
                view.Drain(silo);
            else
                view.Set(silo, row with { IsActive = true });
            await Task.Delay(TimeSpan.FromMilliseconds(round % 2 == 0 ? 5 : 60), TimeProvider.System, CancellationToken.None);
        }
        await done.CancelAsync();
        var answered = await Task.WhenAll(callers).WaitAsync(Gate.Patience);
        Assert.All(answered, n => Assert.InRange(n, 1, int.MaxValue));
        Assert.All(FarGrain.MostAtOnce.Where(k => k.Key.StartsWith("stormy-", StringComparison.Ordinal)), k => Assert.Equal(1, k.Value));
        Assert.Equal(8, FarGrain.MostAtOnce.Count(k => k.Key.StartsWith("stormy-", StringComparison.Ordinal)));
        foreach (var silo in silos)
            await silo.DisposeAsync();
    }

    private static async Task Until(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Gate.Patience, "It has not come to that.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private static async Task<int> CallAsync(TestSilo silo, int key, CancellationToken done)
    {
        var answered = 0;
        var grain = silo.Far($"stormy-{key}");
        while (!done.IsCancellationRequested)
        {
            Assert.Equal(answered + 1, await grain.Add(answered));
            answered++;
        }
        return answered;
    }
}
