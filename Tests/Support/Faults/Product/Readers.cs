using System.Diagnostics;
using System.Text.Json;

namespace Hearth.Tests.Support.Faults;

/// <summary>Clients that read until they are disposed of.</summary>
internal sealed class Readers : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly FaultedSilo silo;
    private readonly Task reading;

    public Readers(FaultedSilo silo, int clients)
    {
        this.silo = silo;
        reading = Task.WhenAll(Enumerable.Range(0, clients).Select(n => Task.Run(() => ReadAsync(new Random(n)))));
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await reading;
        stop.Dispose();
    }

    private async Task ReadAsync(Random random)
    {
        while (!stop.IsCancellationRequested)
        {
            var known = silo.Acknowledged.Count;
            try
            {
                if (known > 0)
                    await ReadAsync(silo.Acknowledged.ElementAt(random.Next(known)));
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, stop.Token);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The silo is down, or the test over.
            }
        }
    }

    private async Task ReadAsync(string job)
    {
        using var answer = await silo.SendAsync(HttpMethod.Get, "/v1/jobs/" + job, cancellationToken: stop.Token);
        await silo.CountAsync(answer, "GET ", stop.Token);
        if (!answer.IsSuccessStatusCode)
            return;

        var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop.Token)).RootElement;
        var state = document.GetProperty("state").GetString()!;
        if (state is not ("succeeded" or "failed" or "cancelled"))
            return;
        byte[] result = [];
        if (state == "succeeded")
        {
            using var found = await silo.SendAsync(HttpMethod.Get, $"/v1/jobs/{job}/result", cancellationToken: stop.Token);
            if (!found.IsSuccessStatusCode)
                return;
            result = await found.Content.ReadAsByteArrayAsync(stop.Token);
        }

        silo.EndsRead.TryAdd(job, Stopwatch.GetTimestamp());
        silo.History.End(job, TestedStore.EndText(state, result, document.TryGetProperty("error", out var error) ? error.GetString() : null));
    }
}
