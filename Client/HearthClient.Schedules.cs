using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Hearth.Client.Http;

namespace Hearth.Client;

public sealed partial class HearthClient
{
    /// <inheritdoc/>
    public Task<ScheduleInfo> PutScheduleAsync(string name, NewSchedule schedule, string? ifMatch = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return PutScheduleAsync(name, ScheduleWriter.Of(schedule), ifMatch, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ScheduleInfo> PutScheduleAsync(string name, JsonElement definition, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        PutScheduleAsync(name, JobWriter.Bytes(definition.WriteTo), ifMatch, cancellationToken);

    private async Task<ScheduleInfo> PutScheduleAsync(string name, ReadOnlyMemory<byte> body, string? ifMatch, CancellationToken cancellationToken)
    {
        var path = Paths.Of("schedules", name);
        var answer = await transport.SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Put, Relative(path)) { Content = Content(new Payload("application/json", body)) };
                if (ifMatch is not null)
                    request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
                return request;
            },
            // What was stored has another ETag: sent again, it would be refused.
            ifMatch is null or "*" ? Repeat.Always : Repeat.OnlyIfNotDone, options.RequestTimeout, cancellationToken).ConfigureAwait(false);
        return answer.Read(ClientJson.Default.ScheduleInfo, options.Endpoint);
    }

    /// <inheritdoc/>
    public async Task<ScheduleInfo> GetScheduleAsync(string name, CancellationToken cancellationToken = default) =>
        (await FetchAsync(Paths.Of("schedules", name), options.RequestTimeout, cancellationToken).ConfigureAwait(false))
            .Read(ClientJson.Default.ScheduleInfo, options.Endpoint);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ScheduleInfo> ListSchedulesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var path = Paths.Of("schedules");
        for (var page = path; ;)
        {
            var found = (await FetchAsync(page, options.RequestTimeout, cancellationToken).ConfigureAwait(false)).Read(ClientJson.Default.SchedulePage, options.Endpoint);
            foreach (var schedule in found.Schedules)
                yield return schedule;
            if (found.Next is null)
                yield break;
            page = Paths.Follow(path, found.Next);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteScheduleAsync(string name, CancellationToken cancellationToken = default)
    {
        var path = Paths.Of("schedules", name);
        try
        {
            await transport.SendAsync(
                () => new HttpRequestMessage(HttpMethod.Delete, Relative(path)), Repeat.OnlyIfNotDone, options.RequestTimeout, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (HearthException e) when (e.Is("unknown-schedule"))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<ScheduleInfo> PauseScheduleAsync(string name, string? reason = null, CancellationToken cancellationToken = default) =>
        (await ActAsync(name, "pause", ScheduleWriter.OfReason(reason), null, cancellationToken).ConfigureAwait(false))
            .Read(ClientJson.Default.ScheduleInfo, options.Endpoint);

    /// <inheritdoc/>
    public async Task<ScheduleInfo> ResumeScheduleAsync(string name, CancellationToken cancellationToken = default) =>
        (await ActAsync(name, "resume", null, null, cancellationToken).ConfigureAwait(false)).Read(ClientJson.Default.ScheduleInfo, options.Endpoint);

    /// <inheritdoc/>
    public async Task<ScheduleRun> TriggerScheduleAsync(string name, string? key = null, CancellationToken cancellationToken = default) =>
        (await ActAsync(name, "trigger", null, key ?? JobWriter.NewKey(), cancellationToken).ConfigureAwait(false))
            .Read(ClientJson.Default.ScheduleRun, options.Endpoint);

    /// <inheritdoc/>
    public async Task<ScheduleBackfill> BackfillScheduleAsync(
        string name, DateTimeOffset from, DateTimeOffset to, bool oneByOne = false, CancellationToken cancellationToken = default) =>
        (await ActAsync(name, "backfill", ScheduleWriter.OfBackfill(from, to, oneByOne), null, cancellationToken).ConfigureAwait(false))
            .Read(ClientJson.Default.ScheduleBackfill, options.Endpoint);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ScheduleTick>> NextTicksAsync(
        string name, int count = 10, DateTimeOffset? after = null, CancellationToken cancellationToken = default)
    {
        var path = Paths.Of("schedules", name, "next").Query(
            [new("count", count.ToString(CultureInfo.InvariantCulture)), new("after", after is { } time ? JobWriter.Text(time) : null)]);
        return (await FetchAsync(path, options.RequestTimeout, cancellationToken).ConfigureAwait(false)).Read(ClientJson.Default.TickPage, options.Endpoint).Ticks;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ScheduleRun> ListScheduleRunsAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var path = Paths.Of("schedules", name, "runs");
        for (var page = path; ;)
        {
            var found = (await FetchAsync(page, options.RequestTimeout, cancellationToken).ConfigureAwait(false)).Read(ClientJson.Default.RunPage, options.Endpoint);
            foreach (var run in found.Runs)
                yield return run;
            if (found.Next is null)
                yield break;
            page = Paths.Follow(path, found.Next);
        }
    }

    /// <summary>All of these do no harm when they are done twice.</summary>
    private Task<HttpAnswer> ActAsync(string name, string action, ReadOnlyMemory<byte>? body, string? key, CancellationToken cancellationToken)
    {
        var path = Paths.Of("schedules", name, action);
        return transport.SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, Relative(path));
                if (body is { } bytes)
                    request.Content = Content(new Payload("application/json", bytes));
                if (key is not null)
                    request.Headers.Add("Idempotency-Key", key);
                return request;
            },
            Repeat.Always, options.RequestTimeout, cancellationToken);
    }
}
