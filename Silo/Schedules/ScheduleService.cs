using Hearth.Cluster;
using Hearth.Storage;

namespace Hearth.Schedules;

/// <summary>
/// Ticks the schedules of this silo's slots: once a second it asks the store for those that are due within the next, waits for each, and has it take
/// its turn. So a schedule costs nothing until it is due, however many there are. Two silos that disagree about a slot cost a refused write each tick.
/// </summary>
internal sealed partial class ScheduleService(
    ScheduleRunner runner, ScheduleBook book, IScheduleStore store, IClusterView cluster, IEnumerable<ScheduleRegistration> registered, TimeProvider clock,
    ILogger<ScheduleService> logger) : BackgroundService
{
    /// <summary>Schedules read at once.</summary>
    private const int PageMax = 500;

    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(1);

    private long forgotAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var waiting = registered.ToList();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RegisterAsync(waiting, stoppingToken);
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogInterrupted(logger, e);
                await PauseAsync(Ahead, stoppingToken);
            }
        }
    }

    /// <summary>The slots whose schedules this silo ticks.</summary>
    public static List<int> SlotsOf(IClusterView cluster)
    {
        var workers = cluster.Current.Silos.Where(s => s.Status == SiloStatus.Active && s.Roles.HasFlag(SiloRoles.Worker)).Select(s => s.Id).ToList();
        return [.. Enumerable.Range(0, ScheduleRunner.Slots).Where(slot => Rendezvous.Pick($"schedules/{slot}", workers) == cluster.Self)];
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var slots = cluster.MayStartJobs ? SlotsOf(cluster) : [];
        var rows = slots.Count == 0 ? [] : await store.DueAsync(slots, store.Now + Ahead, PageMax, cancellationToken);
        for (var rest = rows; rest.Count > 0;)
        {
            var now = store.Now;
            var due = rest.TakeWhile(row => row.NextAt <= now).ToList();
            if (due.Count == 0)
            {
                await PauseAsync(rest[0].NextAt!.Value - now, cancellationToken);
                continue;
            }

            await runner.RunAsync(due, cancellationToken);
            rest = [.. rest.Skip(due.Count)];
        }

        if (slots.Contains(0))
            await ForgetAsync(cancellationToken);
        if (rows.Count < PageMax)
            await PauseAsync(Ahead - clock.GetElapsedTime(began), cancellationToken);
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (forgotAt != 0 && clock.GetElapsedTime(forgotAt) < ForgetEvery)
            return;
        await store.ForgetRunsAsync(store.Now - ScheduleBook.RunsKept, cancellationToken);
        forgotAt = clock.GetTimestamp();
    }

    /// <summary>What cannot be read or stored stops nothing else; where the store does not answer, the rest waits for the next time.</summary>
    private async Task RegisterAsync(List<ScheduleRegistration> waiting, CancellationToken cancellationToken)
    {
        foreach (var registration in waiting.ToList())
        {
            try
            {
                await RegisterAsync(registration, cancellationToken);
            }
            catch (StoreUnavailableException e)
            {
                LogNotStored(logger, e, registration.Name);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogNotStored(logger, e, registration.Name);
            }

            waiting.Remove(registration);
        }
    }

    /// <summary>What the code says is what is stored; that a schedule is paused stays as it is.</summary>
    private async Task RegisterAsync(ScheduleRegistration registration, CancellationToken cancellationToken)
    {
        var (name, definition) = registration;
        var wanted = Schedule.Write(definition);
        if (ScheduleRules.Check(name, definition, store.Now) is { } mistake)
        {
            // A single time has passed, say: no reason not to start.
            LogUseless(logger, name, mistake.Field, mistake.Detail);
            return;
        }

        await book.PutAsync(name, definition, null, stored => stored?.Row.Definition.Span.SequenceEqual(wanted) != true, cancellationToken);
    }

    private Task PauseAsync(TimeSpan time, CancellationToken cancellationToken) =>
        time > TimeSpan.Zero ? Task.Delay(time, clock, cancellationToken) : Task.CompletedTask;

    [LoggerMessage(LogLevel.Warning, "Schedules could not be looked at; trying again")]
    private static partial void LogInterrupted(ILogger logger, Exception error);

    [LoggerMessage(LogLevel.Warning, "Schedule '{Schedule}' of the code could not be stored")]
    private static partial void LogNotStored(ILogger logger, Exception error, string schedule);

    [LoggerMessage(LogLevel.Warning, "Schedule '{Schedule}' of the code is not stored: {Field}: {Detail}")]
    private static partial void LogUseless(ILogger logger, string schedule, string field, string detail);
}
