using Hearth.Jobs;
using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hearth.Tests.Api.Jobs;

/// <summary>A shard's memory and the pump's, when one of them begins anew.</summary>
public sealed class ShardTests
{
    [Fact]
    public async Task A_job_that_is_under_way_is_not_taken_again_by_a_new_activation()
    {
        var (runs, started, gate) = (0, Signal(), Signal());
        await using var app = await StartedApplication.StartAsync(b => b.AddFunction("once", async () =>
        {
            Interlocked.Increment(ref runs);
            started.TrySetResult();
            await gate.Task;
        }, o => o.Concurrency = 1));
        var path = await app.Http.SubmitAsync("once", "");
        await started.Task;

        // What a new activation does with every job that it finds open.
        Assert.True(JobId.TryParse(path[^32..], out var id));
        app.Web.Services.GetRequiredService<JobPump>().Add(IShardGrain.Default, id, "once", attempt: 1, isSuspect: false);
        gate.SetResult();
        await app.Http.EndAsync(path);
        // There is one slot and it is given in order: a second run would be in front of this one's.
        await app.Http.EndAsync(await app.Http.SubmitAsync("once", ""));
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task A_shard_is_not_let_go_while_nobody_asks_for_its_long_job()
    {
        var (started, gate) = (Signal(), Signal());
        var clock = new ManualTimeProvider();
        await using var app = await StartedApplication.StartAsync(b =>
        {
            b.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            b.AddFunction("long", async () =>
            {
                started.TrySetResult();
                await gate.Task;
            }, o => o.Timeout = TimeSpan.FromHours(10));
        });
        var path = await app.Http.SubmitAsync("long", "");
        await started.Task;
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("running", (await app.Http.FetchAsync(path)).Json.GetProperty("state").GetString());
        gate.SetResult();
        Assert.Equal("succeeded", (await app.Http.EndAsync(path)).Json.GetProperty("state").GetString());
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
