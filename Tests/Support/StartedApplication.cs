using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Hearth.Tests.Support;

/// <summary>A silo inside the test's process, for tests that look at what it is made of.</summary>
public sealed class StartedApplication : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly CancellationTokenSource stop = new();
    private Task<int> running = Task.FromResult(0);

    private StartedApplication()
    {
    }

    public WebApplication Web { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public static async Task<StartedApplication> StartAsync(Action<HearthApplicationBuilder> configure, params string[] more)
    {
        var started = new StartedApplication();
        var builder = HearthApplication.CreateBuilder(
            ["--port", "0", "--data", started.folder["data"], "--functions", started.folder["functions"], .. more]);
        configure(builder);
        var app = builder.Build();
        started.Web = app.Web!;
        var serves = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Web!.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(serves.SetResult);
        started.running = app.RunAsync(started.stop.Token);
        await Task.WhenAny(serves.Task, started.running).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(serves.Task.IsCompleted, "The application did not start.");
        started.Http = new HttpClient { BaseAddress = new Uri(app.Web.Urls.First()) };
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await stop.CancelAsync();
        await running;
        stop.Dispose();
        folder.Dispose();
    }
}
