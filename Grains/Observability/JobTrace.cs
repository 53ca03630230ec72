using System.Diagnostics;
using Hearth.Jobs;

namespace Hearth.Observability;

/// <summary>
/// Traces under the source <c>Hearth</c>: a span for each attempt, linked to the trace in which the job was submitted, which may have ended long
/// before (OpenTelemetry's semantic conventions for messaging: consumers link to the producer).
/// </summary>
internal static class JobTrace
{
    public const string Source = "Hearth";

    private static readonly ActivitySource Spans = new(Source);

    /// <summary>The span of an attempt, current from here; null when nobody listens.</summary>
    public static Activity? Start(in JobLease lease, string shard)
    {
        if (!Spans.HasListeners())
            return null;
        ActivityLink[] links = ActivityContext.TryParse(lease.Spec.Options?.TraceParent, null, isRemote: true, out var producer) ? [new ActivityLink(producer)] : [];
        // Of a trace of its own: whoever rang for it has nothing to do with it.
        Activity.Current = null;
        var span = Spans.CreateActivity($"run {lease.Spec.Function}", ActivityKind.Consumer, parentContext: default, links: links);
        span?.SetTag("hearth.job.id", lease.Id.ToString());
        span?.SetTag("hearth.job.attempt", lease.Attempt);
        span?.SetTag("hearth.queue", ShardKey.QueueOf(shard));
        span?.SetTag("hearth.function", lease.Spec.Function);
        return span?.Start();
    }

    public static void End(Activity? span, in JobResult result)
    {
        if (span is null)
            return;
        span.SetTag("hearth.job.outcome", result.Outcome.ToString().ToLowerInvariant());
        if (result.ErrorType is { } type)
        {
            span.SetTag("error.type", type);
            span.SetStatus(ActivityStatusCode.Error, result.Error);
        }

        span.Stop();
    }
}
