using System.Collections.Concurrent;
using Hearth.Api.Http;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;

namespace Hearth.Api.Jobs.Submitting;

/// <summary>Hands checked jobs on, and words what became of them.</summary>
internal sealed class JobIntake(JobSubmitter submitter, ShardDirectory shards, QueueCatalogue catalogue, JobsOptions options, TimeProvider clock)
{
    /// <summary>Counting a full queue takes time, and whoever is refused asks again.</summary>
    private static readonly TimeSpan DepthKept = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, (long At, int Depth)> depths = new(StringComparer.Ordinal);

    /// <returns>One of the two.</returns>
    public async Task<(JobsSubmitted? Submitted, Problem? Problem)> TakeAsync(string queue, JobSpec[] jobs, JobKey? key)
    {
        try
        {
            var submitted = await submitter.SendAsync(queue, jobs, key);
            // Where jobs are unique, each has an answer of its own.
            return submitted.Items is null && await RefusedAsync(queue, submitted.Outcome) is { } refused ? (null, refused) : (submitted, null);
        }
        catch (JobRefusedException e)
        {
            return (null, Problems.InvalidInput(e.Mistake.Detail, e.Mistake.Field));
        }
        catch (OutcomeUnknownException)
        {
            return (null, Problems.OutcomeUnknown);
        }
        catch (QueueWithoutSiloException e)
        {
            return (null, Problems.QueueWithoutSilo(e.Message));
        }
        catch (StoreUnavailableException)
        {
            return (null, Problems.StoreUnavailable);
        }
        catch (TooManyQueuesException e)
        {
            return (null, Problems.TooManyQueues(e.Message));
        }
    }

    public async Task<Problem> QueueFullAsync(string queue)
    {
        if (!depths.TryGetValue(queue, out var known) || clock.GetElapsedTime(known.At) > DepthKept)
        {
            var takers = await shards.TakersAsync(queue, CancellationToken.None);
            var each = await Task.WhenAll(Enumerable.Range(0, takers.Count).Select(n =>
                GrainCalls.RepeatAsync(() => shards.Of(takers.KeyOf(queue, n)).DepthAsync(), clock)));
            depths[queue] = known = (clock.GetTimestamp(), each.Sum(depth => depth.Open));
        }

        return Problems.QueueFull(queue, known.Depth, Math.Min(options.DepthMax, catalogue.Of(queue).DepthMax ?? JobLimits.QueueDepthMax));
    }

    private async ValueTask<Problem?> RefusedAsync(string queue, SubmitOutcome outcome) => outcome switch
    {
        SubmitOutcome.OtherBody => Problems.KeyReused,
        SubmitOutcome.InProgress => Problems.KeyInProgress,
        SubmitOutcome.QueueFull => await QueueFullAsync(queue),
        _ => null,
    };
}
