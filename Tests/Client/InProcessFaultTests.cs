using Hearth.Client;
using Hearth.Functions;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support;
using Hearth.Tests.Support.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Hearth.Tests.Client;

/// <summary>The client inside a silo when the store is away for a while.</summary>
public sealed class InProcessFaultTests
{
    [Fact]
    public async Task A_submission_waits_out_a_store_that_is_away()
    {
        var store = new FaultyJobStore(new InMemoryJobStore(TimeProvider.System));
        await using var app = await StartedApplication.StartAsync(builder =>
        {
            builder.AddBuiltInFunctions();
            builder.Services.AddSingleton<IJobStore>(store);
        });
        var client = app.Web.Services.GetRequiredService<IHearthClient>();
        await client.SubmitAsync("away", new NewJob("echo", 0));
        store.IsDown = true;
        var submitting = client.SubmitAsync("away", new NewJob("echo", 1));
        await Assert.ThrowsAsync<TimeoutException>(() => submitting.WaitAsync(TimeSpan.FromSeconds(1)));
        store.IsDown = false;
        var submitted = await submitting.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(1, await client.ResultAsync<int>(submitted.Id));
        Assert.Equal(2, await client.QueryAsync(new JobQuery { Queue = "away" }).CountAsync());
    }

    [Fact]
    public async Task A_function_calls_another()
    {
        await using var app = await StartedApplication.StartAsync(builder =>
        {
            builder.AddBuiltInFunctions();
            builder.AddFunction("twice", async (int[] numbers, IHearthClient hearth) => await hearth.CallAsync<int>("echo", numbers[0] * 2));
        });
        Assert.Equal("14", (await app.Http.CallAsync("twice", "[7]")).Is(200).Text);
    }
}
