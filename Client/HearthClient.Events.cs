using System.Net;
using System.Runtime.CompilerServices;
using Hearth.Client.Http;

namespace Hearth.Client;

public sealed partial class HearthClient
{
    /// <summary>A silo sends a sign of life every 15 s.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan StandsFor = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public IAsyncEnumerable<JobEvent> EventsAsync(string id, string? after = null, CancellationToken cancellationToken = default) =>
        FollowAsync(Paths.Of("jobs", id, "events"), after, isEndless: false, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<JobEvent> QueueEventsAsync(string queue, string? after = null, CancellationToken cancellationToken = default) =>
        FollowAsync(Paths.Of("queues", queue, "events"), after, isEndless: true, cancellationToken);

    /// <param name="path">What is followed.</param>
    /// <param name="after">Only what follows this event.</param>
    /// <param name="isEndless">Whether an event that is called so is the last.</param>
    /// <param name="cancellationToken">Stops.</param>
    private async IAsyncEnumerable<JobEvent> FollowAsync(
        string path, string? after, bool isEndless, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var failures = new Failures(options.RetryFor, clock);
        var isFollowing = false;
        while (true)
        {
            using var response = await ConnectAsync(path, after, failures, cancellationToken).ConfigureAwait(false);
            if (response is null)
                continue;
            if (response.StatusCode == HttpStatusCode.NoContent)
                yield break;
            failures.Opened();
            var opened = clock.GetTimestamp();
            using var reader = new EventReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), clock, SilenceMax);
            while (await NextAsync(reader, cancellationToken).ConfigureAwait(false) is { } told)
            {
                failures.Clear();
                after = told.Id ?? after;
                // Each connection begins with it; who follows was told once.
                if (told.Name == "following" && isFollowing)
                    continue;
                isFollowing |= told.Name == "following";
                yield return told;
                if (told.IsEnd && !isEndless)
                    yield break;
            }

            // One that stood for a while was none; over grains they end now and then.
            if (clock.GetElapsedTime(opened) > StandsFor)
                failures.Clear();
            await failures.PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Null after a trouble that may pass, when it has been slept over.</returns>
    private async Task<HttpResponseMessage?> ConnectAsync(string path, string? after, Failures failures, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Relative(path)) { Headers = { { "Accept", "text/event-stream" } } };
        if (after is not null)
            request.Headers.Add("Last-Event-ID", after);
        try
        {
            return await transport.OpenAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HearthException e) when (RepeatRules.Allows(Repeat.Always, e))
        {
            await failures.PauseAsync(cancellationToken, e).ConfigureAwait(false);
            return null;
        }
    }

    /// <returns>Null when the stream has ended, or is lost: whoever follows comes back.</returns>
    private static async Task<JobEvent?> NextAsync(EventReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.NextAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>How long there has been nobody to follow from, and how often in a row nothing came of it.</summary>
    private sealed class Failures(TimeSpan retryFor, TimeProvider clock)
    {
        private int count;
        private long? since;

        /// <summary>Somebody is there; whether anything comes of it is not known yet.</summary>
        public void Opened() => since = null;

        public void Clear() => count = 0;

        public async Task PauseAsync(CancellationToken cancellationToken, HearthException? error = null)
        {
            var pause = RepeatRules.Pause(++count, error?.Problem.RetryAfter);
            since ??= clock.GetTimestamp();
            if (error is not null && clock.GetElapsedTime(since.Value) + pause > retryFor)
                throw error;
            await Task.Delay(pause, clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
