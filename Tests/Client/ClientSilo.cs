using System.Collections.Concurrent;
using Hearth.Client;
using Hearth.Functions;
using Hearth.Tests.Support;

namespace Hearth.Tests.Client;

/// <summary>A silo in this process, and gates by which tests hold its jobs.</summary>
public sealed class ClientSilo : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, (TaskCompletionSource Started, TaskCompletionSource Released)> gates = new(StringComparer.Ordinal);

    internal StartedApplication Application { get; private set; } = null!;

    public Uri Address => Application.Http.BaseAddress!;

    public async Task InitializeAsync() => Application = await StartedApplication.StartAsync(builder =>
    {
        builder.AddBuiltInFunctions();
        builder.AddFunction("nothing", () => { });
        builder.AddFunction("shout", (string text) => text.ToLowerInvariant());
        builder.AddFunction("held", async (FunctionContext context, CancellationToken token) =>
        {
            Gate(context.JobId!).Started.TrySetResult();
            await Gate(context.JobId!).Released.Task.WaitAsync(token);
        });
    });

    public Task DisposeAsync() => Application.DisposeAsync().AsTask();

    /// <summary>A job that has begun and runs until it is released.</summary>
    public async Task<string> HoldAsync(IHearthClient client)
    {
        var job = await client.SubmitAsync("held", new NewJob("held"));
        await Gate(job.Id).Started.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return job.Id;
    }

    public void Release(string id) => Gate(id).Released.TrySetResult();

    private (TaskCompletionSource Started, TaskCompletionSource Released) Gate(string id) => gates.GetOrAdd(id, _ => (
        new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
}
