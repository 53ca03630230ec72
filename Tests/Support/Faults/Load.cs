namespace Hearth.Tests.Support.Faults;

/// <summary>A submission was refused for certain. Every other exception leaves its outcome unknown.</summary>
public sealed class RefusedException(string why) : Exception(why);

/// <summary>Clients that submit one job after the other, side by side, and write the <see cref="ClientHistory"/>.</summary>
public sealed class Load : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(20);

    private readonly ClientHistory history;
    private readonly Func<string, CancellationToken, Task<string>> submit;
    private readonly CancellationTokenSource stop = new();
    private readonly Task clients;
    private volatile string trouble = "nothing failed";

    private Load(ClientHistory history, int clients, Func<string, CancellationToken, Task<string>> submit)
    {
        this.history = history;
        this.submit = submit;
        var load = Guid.NewGuid().ToString("N")[..8];
        this.clients = Task.WhenAll(Enumerable.Range(0, clients).Select(c => Task.Run(() => ClientAsync($"{load}-{c}"))));
    }

    /// <param name="history">Where it is written down.</param>
    /// <param name="clients">How many submit at a time.</param>
    /// <param name="submit">Submits under a key that is used once, and answers with the job.</param>
    public static Load Start(ClientHistory history, int clients, Func<string, CancellationToken, Task<string>> submit) =>
        new(history, clients, submit);

    /// <summary>Waits until so many are acknowledged in the history.</summary>
    public async Task ReachesAsync(int acknowledged, TimeSpan within)
    {
        var clock = TimeProvider.System;
        for (var start = clock.GetTimestamp(); history.Acknowledged < acknowledged; await Task.Delay(TimeSpan.FromMilliseconds(5), clock))
        {
            if (clock.GetElapsedTime(start) > within)
                Assert.Fail($"{history.Acknowledged} of {acknowledged} were acknowledged within {within}; {trouble}");
        }
    }

    /// <summary>Ends all clients; what is on its way is given up and so unknown.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await clients;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
    }

    private async Task ClientAsync(string client)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var key = $"{client}-{n}";
            history.Intent(key);
            if (!await SubmitAsync(key))
                await Task.WhenAny(Task.Delay(PauseAfterFailure, TimeProvider.System, stop.Token));
        }
    }

    private async Task<bool> SubmitAsync(string key)
    {
        try
        {
            history.Ok(key, await submit(key, stop.Token));
            return true;
        }
        catch (RefusedException e)
        {
            history.Fail(key, trouble = e.Message);
        }
        catch (Exception e)
        {
            history.Unknown(key, trouble = $"{e.GetType().Name}: {e.Message}");
        }

        return false;
    }
}
