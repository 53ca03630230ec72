using Hearth.Objects;
using Hearth.Tests.Support;

namespace Hearth.Tests.Objects;

/// <summary>Who waits for whom.</summary>
public sealed class ObjectTurnTests
{
    private readonly Meeting meeting = new();

    [Fact]
    public async Task Reads_of_an_object_run_at_once()
    {
        await using var app = await StartAsync();
        var reads = Enumerable.Range(0, 5).Select(_ => app.Http.ReadAsync("cart", "ada", "read-slowly")).ToList();
        for (var i = 0; i < 5; i++)
            await meeting.ArrivalAsync();
        meeting.Open();
        Assert.All(await Task.WhenAll(reads), answer => answer.Is(200));
    }

    [Fact]
    public async Task Operations_of_an_object_wait_for_one_another_and_those_of_others_do_not()
    {
        await using var app = await StartAsync();
        var first = app.Http.ReadAsync("cart", "ada", "change-slowly");
        await meeting.ArrivalAsync();
        var second = app.Http.ReadAsync("cart", "ada", "change-slowly");
        var read = app.Http.ReadAsync("cart", "ada", "count");
        var other = app.Http.ReadAsync("cart", "bob", "change-slowly");
        await meeting.ArrivalAsync();
        Assert.Equal(0, (await app.Http.ReadAsync("cart", "eve", "count")).Is(200).Json.GetInt32());
        Assert.False(meeting.SomebodyElseCame);
        Assert.False(read.IsCompleted);
        meeting.Open();
        (await first).Is(204);
        (await second).Is(204);
        (await other).Is(204);
        Assert.InRange((await read).Is(200).Json.GetInt32(), 1, 2);
        Assert.Equal(2, (await app.Http.ReadAsync("cart", "ada", "count")).Json.GetInt32());
    }

    [Fact]
    public async Task An_operation_that_does_not_end_in_its_time_changes_nothing_even_when_it_ends_later()
    {
        await using var app = await StartAsync(o => o.Timeout = TimeSpan.FromMilliseconds(300));
        var late = (await app.Http.ReadAsync("cart", "ada", "change-slowly")).IsProblem(504, "timeout");
        Assert.Contains("0.3 s", late.GetProperty("detail").GetString(), StringComparison.Ordinal);
        // It has not ended: nothing else may change the object, reads go on.
        (await app.Http.ReadAsync("cart", "ada", "change")).IsProblem(429, "busy");
        Assert.Equal(0, (await app.Http.ReadAsync("cart", "ada", "count")).Json.GetInt32());
        meeting.Open();
        (await RetryAsync(() => app.Http.ReadAsync("cart", "ada", "change"))).Is(204);
        Assert.Equal(1, (await app.Http.ReadAsync("cart", "ada", "count")).Json.GetInt32());
    }

    [Fact]
    public async Task A_body_that_blocks_its_thread_is_cut_off_all_the_same()
    {
        await using var app = await StartAsync(o => o.Timeout = TimeSpan.FromMilliseconds(300));
        (await app.Http.ReadAsync("cart", "ada", "block")).IsProblem(504, "timeout");
        meeting.Open();
    }

    [Fact]
    public async Task An_operation_that_hears_its_token_ends_and_the_next_one_runs()
    {
        await using var app = await StartAsync(o => o.Timeout = TimeSpan.FromMilliseconds(300));
        (await app.Http.ReadAsync("cart", "ada", "wait")).IsProblem(504, "timeout");
        (await app.Http.ReadAsync("cart", "ada", "change")).Is(204);
    }

    [Fact]
    public async Task The_token_fires_when_the_caller_has_gone_and_nothing_is_changed()
    {
        await using var app = await StartAsync(o => o.Timeout = TimeSpan.FromMinutes(5));
        using var gone = new CancellationTokenSource();
        var call = app.Http.PostAsync(new Uri("/v1/objects/cart/ada/wait", UriKind.Relative), null, gone.Token);
        await meeting.ArrivalAsync();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        (await RetryAsync(() => app.Http.ReadAsync("cart", "ada", "change"))).Is(204);
        Assert.Equal(1, (await app.Http.ReadAsync("cart", "ada", "count")).Json.GetInt32());
    }

    private static async Task<Answer> RetryAsync(Func<Task<Answer>> ask)
    {
        for (var i = 0; i < 30; i++)
        {
            if (await ask() is { Status: not 429 } answer)
                return answer;
        }

        return await ask();
    }

    private Task<StartedApplication> StartAsync(Action<ObjectOptions>? configure = null) => ObjectWorld.StartAsync(
        cart =>
        {
            cart.On("change", (Cart state) => state.Items.Add(new Item("tea", 3)));
            cart.On("change-slowly", async (Cart state) =>
            {
                state.Items.Add(new Item("late", 3));
                await meeting.PassAsync();
            });
            cart.On("block", (Cart state) => meeting.Block());
            cart.On("wait", async (Cart state, CancellationToken token) =>
            {
                state.Items.Add(new Item("late", 3));
                await meeting.PassAsync().WaitAsync(token);
            });
            cart.OnRead("count", (Cart state) => state.Items.Count);
            cart.OnRead("read-slowly", async (Cart state) =>
            {
                await meeting.PassAsync();
                return state.Items.Count;
            });
        },
        configure);

    /// <summary>Where bodies arrive, and wait until they may pass.</summary>
    private sealed class Meeting
    {
        private readonly SemaphoreSlim arrivals = new(0);
        private readonly ManualResetEventSlim released = new();
        private readonly TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool SomebodyElseCame => arrivals.CurrentCount > 0;

        public Task PassAsync()
        {
            arrivals.Release();
            return open.Task;
        }

        /// <summary>Holds the thread, and hears no token.</summary>
        public void Block()
        {
            arrivals.Release();
            released.Wait();
        }

        public async Task ArrivalAsync() => Assert.True(await arrivals.WaitAsync(TimeSpan.FromSeconds(30)), "Nobody came.");

        public void Open()
        {
            released.Set();
            open.TrySetResult();
        }
    }
}
