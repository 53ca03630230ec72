using Hearth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Hearth.Tests.Api.Jobs;

/// <summary>A shard's memory and the pump's, when one of them begins anew.</summary>
public sealed class ShardTests
{
    [Fact]
    public async Task A_shard_is_not_let_go_while_nobody_asks_for_its_long_job()
    {
        var (started, gate) = (Signal(), Signal());
        var age = TimeSpan.FromSeconds(1);
        await using var app = await StartedApplication.StartAsync(b =>
        {
            b.Services.Configure<GrainCollectionOptions>(o => (o.CollectionAge, o.CollectionQuantum) = (age, age / 4));
            b.AddFunction("long", async () =>
            {
                started.TrySetResult();
                await gate.Task;
            }, o => o.Timeout = TimeSpan.FromHours(10));
        });
        var path = await app.Http.SubmitAsync("long", "");
        await started.Task;
        await Task.Delay(age * 3, TimeProvider.System);
        Assert.Equal("running", (await app.Http.FetchAsync(path)).Json.GetProperty("state").GetString());
        gate.SetResult();
        Assert.Equal("succeeded", (await app.Http.EndAsync(path)).Json.GetProperty("state").GetString());
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
