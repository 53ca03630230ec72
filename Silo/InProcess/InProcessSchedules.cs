using System.Runtime.CompilerServices;
using System.Text.Json;
using Hearth.Api.Http;
using Hearth.Api.Jobs.Submitting;
using Hearth.Api.Schedules;
using Hearth.Client;
using Hearth.Client.Http;
using Hearth.Jobs;
using Hearth.Schedules;
using Hearth.Storage;

namespace Hearth.InProcess;

/// <summary>Schedules, read and worded by the code of the API.</summary>
internal sealed class InProcessSchedules(ScheduleBook book, ScheduleReader reader, TimeProvider clock)
{
    private const int PageSize = 100;

    public Task<ScheduleInfo> PutAsync(string name, ReadOnlyMemory<byte> json, string? ifMatch, CancellationToken cancellationToken)
    {
        return AskAsync(name, async () =>
        {
            using var body = JsonDocument.Parse(json);
            var request = new DefaultHttpContext().Request;
            request.Headers.IfMatch = ifMatch;
            var (definition, pause) = reader.Read(name, body.RootElement, lenient: false, book.Now);
            return InfoOf(name, await book.PutAsync(name, definition, pause, ScheduleConditions.Read(request).Hold, cancellationToken));
        }, cancellationToken, ifMatch is null or "*" ? Repeat.Always : Repeat.OnlyIfNotDone);
    }

    public Task<ScheduleInfo> GetAsync(string name, CancellationToken cancellationToken) =>
        AskAsync(name, async () => InfoOf(await FindAsync(name, cancellationToken)), cancellationToken);

    public async IAsyncEnumerable<ScheduleInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (string? after = null; ;)
        {
            var page = await AskAsync(
                null, async () => (await book.Store.ListAsync(after, PageSize, cancellationToken)).Select(row => ScheduleDocument.Listed(row, new DefaultHttpContext().Request)).ToList(), cancellationToken);
            foreach (var schedule in page)
                yield return Answering.Read<ScheduleInfo>(schedule);
            if (page.Count < PageSize)
                yield break;
            after = page[^1].Name;
        }
    }

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => AskAsync(
        name, async () => (await book.DeleteAsync(name, _ => true, cancellationToken)).Result != ScheduleResult.Unknown, cancellationToken, Repeat.OnlyIfNotDone);

    public Task<ScheduleInfo> PauseAsync(string name, string? reason, CancellationToken cancellationToken) => AskAsync(name, async () =>
    {
        using var body = JsonDocument.Parse(ScheduleWriter.OfReason(reason));
        return InfoOf(name, await book.PauseAsync(name, ScheduleReader.ReadReason(body.RootElement, lenient: false), _ => true, cancellationToken));
    }, cancellationToken);

    public Task<ScheduleInfo> ResumeAsync(string name, CancellationToken cancellationToken) =>
        AskAsync(name, async () => InfoOf(name, await book.ResumeAsync(name, _ => true, cancellationToken)), cancellationToken);

    public Task<ScheduleRun> TriggerAsync(string name, string? key, CancellationToken cancellationToken)
    {
        var used = key ?? JobWriter.NewKey();
        return AskAsync(name, async () =>
        {
            if (!JobKey.IsValid(used))
                throw Problems.InvalidKey.ToException();
            var (answer, run) = await book.TriggerAsync(name, used, cancellationToken);
            return ScheduleRoute.Refused(name, answer) is { } problem ? throw problem.ToException() : RunOf(run!);
        }, cancellationToken);
    }

    public Task<ScheduleBackfill> BackfillAsync(string name, DateTimeOffset from, DateTimeOffset to, bool oneByOne, CancellationToken cancellationToken) =>
        AskAsync(name, async () =>
        {
            using var body = JsonDocument.Parse(ScheduleWriter.OfBackfill(from, to, oneByOne));
            _ = ScheduleReader.ReadBackfill(body.RootElement, lenient: false, book.Now);
            var (answer, ticks, submitted) = await book.BackfillAsync(name, from, to, oneByOne, cancellationToken);
            if ((ScheduleRoute.Refused(name, answer) ?? (answer.Result == ScheduleResult.TooMany ? Problems.BackfillTooLarge : null)) is { } problem)
                throw problem.ToException();
            return new ScheduleBackfill(ticks, submitted, oneByOne ? ticks : 0);
        }, cancellationToken);

    public Task<IReadOnlyList<ScheduleTick>> NextAsync(string name, int count, DateTimeOffset? after, CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<ScheduleTick>>(name, async () =>
        {
            if (count is < 1 or > ScheduleLimits.PreviewMax)
                throw Problems.InvalidInput("count must be 1 to 1000.", "count").ToException();
            if (TimingRules.CheckTime("after", after) is { } mistake)
                throw Problems.InvalidInput(mistake.Detail, mistake.Field).ToException();
            var schedule = await FindAsync(name, cancellationToken);
            return [.. TickDocument.Of(schedule.Table, after ?? book.Now, count).Ticks.Select(tick => new ScheduleTick(tick.Tick, tick.SubmittedAt))];
        }, cancellationToken);

    public async IAsyncEnumerable<ScheduleRun> RunsAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var schedule = await AskAsync(name, () => FindAsync(name, cancellationToken), cancellationToken);
        for (ScheduleRunPosition? before = null; ;)
        {
            var rows = await AskAsync(name, () => book.Store.RunsAsync(schedule.Row.Id, before, PageSize, cancellationToken), cancellationToken);
            foreach (var row in rows)
                yield return RunOf(row);
            if (rows.Count < PageSize)
                yield break;
            before = new ScheduleRunPosition(rows[^1].Tick, rows[^1].Cause);
        }
    }

    private async Task<Schedule> FindAsync(string name, CancellationToken cancellationToken) =>
        await book.FindAsync(name, cancellationToken) ?? throw Problems.UnknownSchedule(name).ToException();

    private Task<T> AskAsync<T>(string? name, Func<Task<T>> ask, CancellationToken cancellationToken, Repeat repeat = Repeat.Always)
    {
        if (name is not null && !ScheduleName.IsValid(name))
            throw Problems.InvalidInput($"'{Problems.Shown(name)}' cannot be a schedule: {ScheduleName.Rule}.", "name").ToException();
        return Answering.AskAsync(async () =>
        {
            try
            {
                return await ask();
            }
            catch (JobRejectedException e)
            {
                throw e.Problem.ToException(e);
            }
            catch (ScheduleUnreadableException e)
            {
                throw Problems.ScheduleUnreadable(e.Message).ToException(e);
            }
        }, repeat, clock, cancellationToken);
    }

    private static ScheduleInfo InfoOf(string name, ScheduleAnswer answer) =>
        ScheduleRoute.Refused(name, answer) is { } problem ? throw problem.ToException() : InfoOf(answer.Schedule!);

    private static ScheduleInfo InfoOf(Schedule schedule) => Answering.Read<ScheduleInfo>(ScheduleDocument.From(schedule, new DefaultHttpContext().Request));

    private static ScheduleRun RunOf(ScheduleRunRow run) => Answering.Read<ScheduleRun>(ScheduleRunDocument.From(run, new DefaultHttpContext().Request));
}
