namespace Hearth.Tests.Support.Faults;

/// <summary>Clients that submit arrays to a queue of their own, each under an idempotency key and again until they are told, until they are disposed of.</summary>
internal sealed class Arrays : IAsyncDisposable
{
    /// <summary>Jobs of one request, which are accepted whole or not at all.</summary>
    public const int Size = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource stop = new();
    private readonly FaultedSilo silo;
    private readonly Task submitting;

    public Arrays(FaultedSilo silo, int clients)
    {
        this.silo = silo;
        var load = Guid.NewGuid().ToString("N")[..8];
        submitting = Task.WhenAll(Enumerable.Range(0, clients).Select(n => Task.Run(() => SubmitAllAsync($"{load}-{n}"))));
    }

    /// <summary>The request that a submission was part of.</summary>
    public static string RequestOf(string key) => key.Split('/')[0];

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await submitting;
        stop.Dispose();
    }

    private async Task SubmitAllAsync(string client)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var request = $"{client}-{n}";
            var keys = Enumerable.Range(0, Size).Select(i => $"{request}/{i}").ToArray();
            await SubmitAsync(request, keys);
        }
    }

    private async Task SubmitAsync(string request, string[] keys)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await silo.TrySubmitAsync(request, keys, stop.Token))
                    return;
                await Task.Delay(Pause, TimeProvider.System, stop.Token);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The silo is down, or the test over.
            }
        }
    }
}
