using Hearth.Functions;
using Hearth.Observability;
using Hearth.Queues;
using Hearth.Storage;
using Microsoft.Extensions.Logging;

namespace Hearth.Jobs;

/// <summary>
/// The circuit breaker of the shard. That it was opened or closed is stored as permits are, in the commit of the attempt that did it: a new owner goes on
/// where the former was.
/// </summary>
internal sealed partial class ShardGrain
{
    /// <summary>Of openings, whose count is how many there were since it was closed, and closings, which count 0.</summary>
    private static readonly Guid BreakerScope = new("b4ea4e40-0000-4000-8000-000000000001");

    /// <summary>Longer than any pause.</summary>
    private static readonly TimeSpan BreakerKeptFor = TimeSpan.FromDays(8);

    private static readonly TimeSpan BreakerStep = TimeSpan.FromMilliseconds(1);

    private CircuitBreaker? breaker;

    /// <summary>When it was last stored, or was to be: the last row is the one that counts.</summary>
    private DateTimeOffset breakerStoredAt;

    /// <summary>What was to be stored of it was not: a new owner would not find it as it is.</summary>
    private bool isBreakerUnknown;

    public async Task EndBackOffAsync()
    {
        await RecoveredAsync();
        var wasOpen = breaker is { OpenUntil: > 0 };
        limits?.EndBackOff();
        if (breaker is not null && (wasOpen || isBreakerUnknown))
            StoreBreaker(breaker);
        ArmTimer();
        await journal.WriteAsync();
        // It may be somebody else who closes it, and that is under way.
        await journal.CatchUpAsync();
        if (breaker is not null && isBreakerUnknown)
            throw new StoreUnavailableException("Jobs start again, but that the circuit breaker is closed could not be stored; try again.");
    }

    /// <summary>The definition says something else of it; what it has counted and whether it is open stays.</summary>
    private void UseBreaker(QueueBreaker? rule)
    {
        if (breaker is not null && rule is not null)
        {
            breaker.Rule = rule;
            return;
        }

        // Whoever defines another one later does not find this: what was not stored when it went is when that one comes.
        var (isToStore, now) = (isBreakerUnknown || breaker is { OpenUntil: > 0 }, store.Now.UtcTicks);
        var closed = breaker ?? new CircuitBreaker(rule!, now);
        closed.Close(now);
        if (isToStore)
        {
            StoreBreaker(closed);
            _ = journal.WriteAsync();
        }

        gauge.Breaker = breaker = rule is null ? null : closed;
        isToConfigure = true;
        ConfigureWhenQuiet();
    }

    /// <summary>What an attempt says of the destination: nothing, where it was the job's own fault or everybody has been told to wait. The journal may have a row.</summary>
    private void Judge(JobEntry job, in JobResult result)
    {
        if (breaker is null || limits?.Breaker is null)
            return;
        bool? failed = result.Outcome switch
        {
            AttemptOutcome.Succeeded => false,
            AttemptOutcome.Failed when result.Extras is null or { BackOff: BackOff.Job } => true,
            _ => null,
        };
        var isChanged = failed is { } isFailure && limits.Judge(job, isFailure);
        if (isChanged || isBreakerUnknown)
            StoreBreaker(breaker);
        if (!isChanged)
            return;
        if (breaker.OpenUntil == 0)
        {
            LogClosed(logger, Key);
            return;
        }

        HearthMetrics.BreakerOpened(gauge.Queue);
        LogOpened(logger, Key, At(breaker.OpenUntil), result.Error);
    }

    private void StoreBreaker(CircuitBreaker changed)
    {
        isBreakerUnknown = false;
        var at = At(changed.ChangedAt);
        breakerStoredAt = at > breakerStoredAt ? at : breakerStoredAt + BreakerStep;
        journal.Gathering.Permits.Add(new PermitRow(BreakerScope, breakerStoredAt, changed.Openings, breakerStoredAt + BreakerKeptFor));
    }

    private void RestoreBreaker(IReadOnlyList<PermitRow> rows)
    {
        var known = rows.Where(row => row.Scope == BreakerScope).OrderBy(row => row.At).ToList();
        if (breaker is null || known is not [.., var last])
            return;
        breakerStoredAt = last.At;
        if (last.Count > 0)
            breaker.Restore(last.At.UtcTicks, last.Count);
    }

    [LoggerMessage(LogLevel.Warning, "The circuit breaker of shard {Shard} is open: nothing starts before {Until:O}, because attempts fail: {Error}")]
    private static partial void LogOpened(ILogger logger, string shard, DateTimeOffset until, string? error);

    [LoggerMessage(LogLevel.Information, "The circuit breaker of shard {Shard} is closed again")]
    private static partial void LogClosed(ILogger logger, string shard);
}
