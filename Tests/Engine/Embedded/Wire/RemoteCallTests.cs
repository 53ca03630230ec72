using Orleans.Runtime;
using Orleans.Serialization;

namespace Hearth.Tests.Engine.Embedded.Wire;

public sealed class RemoteCallTests
{
    [Fact]
    public async Task A_grain_is_reached_where_it_lives_from_any_silo()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        Assert.Equal("b", await a.Far("reached@b").Home());
        Assert.Equal("b", await b.Far("reached@b").Home());
        Assert.Equal("a", await b.Far("reached@a").Home());
        Assert.Equal(1, await a.Far("counted@b").Count());
        Assert.Equal(2, await b.Far("counted@b").Count());
        Assert.Equal("a", await b.Far("relay@b").HomeOf(b.Far("relayed@a")));
    }

    [Fact]
    public async Task Values_of_all_kinds_cross()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        var grain = a.Far("values@b");
        Assert.Null(await grain.Echo(null));
        object[] values = [1, -5L, 'x', true, 1.5, 1.5m, "text", "\ud800 lone", Guid.NewGuid(), new Uri("https://x.example/a?b"), new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)),
            new DateTime(5, DateTimeKind.Utc), TimeSpan.FromSeconds(-3), TestEnum.Second, (1, "two"), new Version(1, 2, 3), new Tagged(1, ["t"]).Id, System.Net.IPAddress.Parse("10.1.2.3"), typeof(Circle)];
        foreach (var value in values)
            Assert.Equal(value, await grain.Echo(value));
        Assert.Equal(["a", "b"], await grain.EchoNames(new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 }.Keys));
        Assert.Equal([1, 2], Assert.IsType<List<int>>(await grain.Echo(new List<int> { 1, 2 })));
        Assert.Equal(a.Far("values@b"), await grain.Itself());
        Assert.Equal(3, Assert.IsType<Circle>(await grain.EchoShape(new Circle { Name = "c", Radius = 3 })).Radius);
        var box = await grain.EchoBox(new("secret", [1, 2]) { Name = "n", Inner = new(7, ["x"]), NotAMember = [9] });
        Assert.Equal(("secret", "n", 7, null), (box.Secret, box.Name, box.Inner!.Id, box.NotAMember));
        Assert.Equal([1, 2], box.Numbers);
    }

    [Fact]
    public async Task Collections_cross_with_what_they_compare_by_and_shared_objects_stay_shared()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        var grain = a.Far("collections@b");
        var node = new RingNode { Label = "one" };
        node.Next = new RingNode { Label = "two", Next = node };
        var ring = await grain.EchoRing([node, node]);
        Assert.Same(ring[0], ring[1]);
        Assert.Same(ring[0], ring[0].Next!.Next);
        var many = await grain.EchoMany(new()
        {
            Map = new(StringComparer.OrdinalIgnoreCase) { ["A"] = [1] },
            Set = [1, 2],
            Pair = (new List<int> { 1 }, "x"),
            Maybe = 5,
            Bytes = new byte[] { 1, 2 },
            Frozen = [1, 2],
            Anything = new List<string> { "boxed" },
            Sequence = new[] { "a" },
        });
        Assert.Equal([1], many.Map!["a"]);
        Assert.Equal([1, 2], many.Bytes.ToArray());
        Assert.Equal(5, many.Maybe);
        Assert.Equal(["a"], many.Sequence);
        Assert.Equal(["boxed"], Assert.IsType<List<string>>(many.Anything));
        var nested = await grain.EchoNested(new() { Arrays = [[1], [2]], Sorted = new() { ["b"] = [2], ["a"] = [1] }, Queue = new([[1], [2]]), Stack = new([[1], [2]]), Immutables = [[1]] });
        Assert.Equal([2], nested.Stack.Peek());
        Assert.Equal([1], nested.Queue.Peek());
        Assert.Equal(["a", "b"], nested.Sorted.Keys);
        Assert.Equal([1], Assert.Single(nested.Immutables));
    }

    [Theory]
    [InlineData("format", typeof(FormatException), "bad")]
    [InlineData("argument", typeof(ArgumentException), "wrong (Parameter 'kind')")]
    [InlineData("marked", typeof(MarkedException), "marked")]
    [InlineData("odd", typeof(UnavailableExceptionFallbackException), "Hearth.Tests.Engine.Embedded.Wire.OddException: 7x")]
    public async Task Errors_keep_type_text_and_stack(string kind, Type type, string message)
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        var error = await Record.ExceptionAsync(() => a.Far("errors@b").Throw(kind));
        Assert.IsType(type, error);
        Assert.Equal(message, error.Message);
        Assert.Contains("FarGrain.Throw", error.StackTrace, StringComparison.Ordinal);
        if (error is FormatException)
            Assert.Equal("inner", Assert.IsType<TimeoutException>(error.InnerException).Message);
        if (error is MarkedException marked)
            Assert.Equal(42, marked.Number);
    }

    [Fact]
    public async Task What_cannot_be_sent_is_the_callers_error_and_names_the_type()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        var grain = a.Far("unsendable@b");
        var argument = await Assert.ThrowsAsync<ArgumentException>(() => grain.Echo(new System.Text.StringBuilder()));
        Assert.Contains("StringBuilder", argument.Message, StringComparison.Ordinal);
        var result = await Assert.ThrowsAsync<ArgumentException>(grain.Unsendable);
        Assert.Contains("StringBuilder", result.Message, StringComparison.Ordinal);
        Assert.Equal("b", await grain.Home());
    }

    [Fact]
    public async Task Values_of_the_callers_context_travel()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        RequestContext.Set("tenant", "t1");
        RequestContext.Set("stays here", new System.Text.StringBuilder());
        Assert.Equal("t1", await a.Far("context@b").Context("tenant"));
        Assert.Null(await a.Far("context@b").Context("stays here"));
        RequestContext.Clear();
    }

    [Fact]
    public async Task A_chain_over_two_silos_may_come_back_where_it_is_allowed_to()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        await a.Far("chain@b").Reenter("chain@a").AsTask().WaitAsync(Gate.Patience);
    }

    [Fact]
    public async Task Cancelling_releases_the_caller_and_reaches_the_grain()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        using var source = new CancellationTokenSource();
        var call = a.Far("cancel@b").WaitForever("far-cancel", source.Token);
        await Gate.Of("far-cancel").ArrivalAsync();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Gate.Patience));
        await Gate.Of("far-cancel-cancelled").ArrivalAsync();
    }

    [Fact]
    public async Task A_call_that_is_not_answered_in_time_times_out_and_one_that_waited_behind_it_never_runs()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        var grain = a.Far("slow@b");
        var busy = grain.PassGate("far-slow");
        await Gate.Of("far-slow").ArrivalAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => Gate.EndOf(grain.PassGateQuickly("far-slow-second")));
        Gate.Of("far-slow").Open();
        await busy;
        await grain.Home();
        Assert.True(Gate.Of("far-slow-second").NobodyElseCame);
    }

    [Fact]
    public async Task One_way_calls_arrive_in_order_and_so_do_awaited_ones()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        var grain = a.Far("order@b");
        for (var i = 0; i < 500; i++)
            _ = i % 2 == 0 ? grain.Note(i) : grain.NoteAndWait(i);
        Assert.Equal(Enumerable.Range(0, 500), await grain.Notes());
    }

    [Fact]
    public async Task Large_values_cross_and_too_large_ones_are_refused_whole()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        var bytes = new byte[20 << 20];
        new Random(5).NextBytes(bytes);
        var grain = a.Far("large@b");
        var calls = Enumerable.Range(0, 3).Select(_ => grain.EchoBytes(bytes)).ToArray();
        Assert.Equal("b", await grain.Home());
        foreach (var echoed in await Task.WhenAll(calls))
            Assert.True(bytes.AsSpan().SequenceEqual(echoed));
        var error = await Assert.ThrowsAsync<ArgumentException>(() => grain.EchoBytes(new byte[73 << 20]));
        Assert.Contains("72 MiB", error.Message, StringComparison.Ordinal);
        Assert.Equal("b", await grain.Home());
    }

    [Fact]
    public async Task Thousands_of_calls_at_once_are_all_answered_with_their_own_result()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        await using var c = await TestSilo.StartAsync(view, "c");
        var silos = new[] { a, b, c };
        var answers = await Task.WhenAll(Enumerable.Range(0, 9_000).Select(i => silos[i % 3].Far($"thousands-{i % 100}").Add(i).AsTask()));
        Assert.Equal(Enumerable.Range(1, 9_000), answers);
    }

    [Fact]
    public async Task Without_a_silo_that_qualifies_the_call_is_refused_at_once()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        var error = await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => a.Far("nowhere@zzz").Home());
        Assert.Contains("No silo qualifies", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grains_without_a_placement_and_stateless_workers_live_where_they_are_called()
    {
        var view = new TestView();
        await using var a = await TestSilo.StartAsync(view, "a");
        await using var b = await TestSilo.StartAsync(view, "b");
        await a.Grains.GetGrain<ITurnGrain>("unplaced").Count();
        Assert.NotEmpty(a.Engine.Classes.Single(c => c.Type == typeof(TurnGrain)).Activations);
        Assert.Empty(b.Engine.Classes.Single(c => c.Type == typeof(TurnGrain)).Activations);
    }
}
