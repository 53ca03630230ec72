using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Hearth.Api.Http;
using Hearth.Api.Jobs;
using Hearth.Api.Jobs.Events;
using Hearth.Api.Jobs.Submitting;
using Hearth.Client;
using Hearth.Client.Http;
using Hearth.Cluster;
using Hearth.Jobs;
using Hearth.Storage;
using JobEvent = Hearth.Client.JobEvent;
using JobState = Hearth.Jobs.JobState;

namespace Hearth.InProcess;

/// <summary>Jobs: submitted through the intake of the API, asked for and acted on at their shards.</summary>
internal sealed class InProcessJobs(
    JobBuilder builder, JobIntake intake, JobLookup jobs, ShardDirectory shards, IJobStore store, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <summary>Longest single wait; a shard that moves meanwhile is asked anew.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(200);

    public async Task<SubmittedJob> SubmitAsync(string queue, NewJob job, string? key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        var submitted = await SubmitAsync(queue, JobWriter.One(job), key ?? JobWriter.NewKey(), cancellationToken);
        var one = SubmittedDocument.At(submitted, 0);
        return one.Outcome == SubmitOutcome.QueueFull ? throw (await intake.QueueFullAsync(queue)).ToException() : Of(one);
    }

    public async Task<IReadOnlyList<SubmittedJob>> SubmitManyAsync(string queue, IReadOnlyList<NewJob> many, string? key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(many);
        JobWriter.CheckCount(many);
        var submitted = await SubmitAsync(queue, JobWriter.Many(many), key ?? JobWriter.KeyFor(many), cancellationToken);
        return [.. Enumerable.Range(0, submitted.Count).Select(i => Of(SubmittedDocument.At(submitted, i)))];
    }

    public async Task<Job> WaitAsync(string text, TimeSpan? atMost, CancellationToken cancellationToken)
    {
        var (job, queue) = await EndAsync(text, atMost, cancellationToken);
        return Of(job, queue);
    }

    public async Task<Payload> ResultAsync(string text, CancellationToken cancellationToken)
    {
        var (job, _) = await EndAsync(text, null, cancellationToken);
        if (job.State != JobState.Succeeded)
            throw (job.State == JobState.Failed ? Problems.JobFailed(job.Error) : Problems.JobCancelled(job.Error)).ToException();
        return await AskAsync(() => store.FindEndAsync(job.Id, cancellationToken), cancellationToken) is { ContentType: { } type } end ? new Payload(type, end.Result) : Payload.None;
    }

    public async Task<Job> CancelAsync(string text, CancellationToken cancellationToken)
    {
        var id = IdOf(text);
        var (shard, _) = await OwnerAsync(id, cancellationToken);
        var outcome = await AskAsync(() => GrainCalls.RepeatAsync(() => shard.CancelAsync(id), clock), cancellationToken);
        var job = await WaitAsync(text, TimeSpan.Zero, cancellationToken);
        // A try before may have cancelled it, and its answer was lost: only the first tells.
        return outcome.Result == ActResult.HadEnded ? throw Problems.JobEnded(id, Enum.Parse<JobState>(job.State.ToString())).ToException() : job;
    }

    public async Task<Job> RedriveAsync(string text, string? key, CancellationToken cancellationToken)
    {
        var id = IdOf(text);
        var jobKey = JobKey.OfRedrive(Valid(key ?? JobWriter.NewKey())!, id);
        var (shard, queue) = await OwnerAsync(id, cancellationToken);
        var again = await AskAsync(async () =>
        {
            var outcome = await GrainCalls.UntilTakenAsync(() => shard.RedriveAsync(id, jobKey), clock, isRepeatable: true);
            return await RefusedAsync(outcome, id, queue) is { } refused ? throw refused.ToException() : outcome.Id;
        }, cancellationToken);
        return await WaitAsync(again.ToString(), TimeSpan.Zero, cancellationToken);
    }

    public async Task DeleteAsync(string text, CancellationToken cancellationToken)
    {
        var id = IdOf(text);
        var job = await AskAsync(() => store.FindAsync(id, cancellationToken), cancellationToken) ?? throw Problems.UnknownJob(text).ToException();
        if (!job.HasEnded)
            throw Problems.JobNotEnded(id).ToException();
        await AskAsync(() => store.ForgetAsync(id.Shard, [id], cancellationToken), cancellationToken);
    }

    /// <summary>The very stream that the API sends, through a pipe in memory.</summary>
    public async IAsyncEnumerable<JobEvent> EventsAsync(string text, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = IdOf(text);
        var position = after is null ? default(EventPosition?) : EventPosition.Parse(after)
            ?? throw Problems.InvalidInput("after must be the id of an event of this job, such as 2.0.", "after").ToException();
        await EndAsync(text, TimeSpan.Zero, cancellationToken);
        var (shard, queue) = await OwnerAsync(id, cancellationToken);
        await foreach (var told in FollowAsync((http, until) => new JobEventStream(shard, queue, store, clock, http).RunAsync(id, position, until), cancellationToken))
            yield return told;
    }

    /// <summary>The same of a queue.</summary>
    public async IAsyncEnumerable<JobEvent> QueueEventsAsync(string queue, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var position = after is null ? null : QueuePosition.Parse(after)
            ?? throw Problems.InvalidInput("after must be the id of an event of this queue: take it as it was told.", "after").ToException();
        if (!QueueName.IsValid(queue) || await AskAsync(() => shards.ShardsAsync(queue, cancellationToken), cancellationToken) is [])
            throw Problems.UnknownQueue(queue).ToException();
        await foreach (var told in FollowAsync((http, until) => new QueueEventStream(queue, shards, clock, http).RunAsync(position, until), cancellationToken))
            yield return told;
    }

    private async IAsyncEnumerable<JobEvent> FollowAsync(
        Func<HttpContext, CancellationToken, Task> stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var pipe = new Pipe();
        var http = new DefaultHttpContext();
        http.Features.Set<Microsoft.AspNetCore.Http.Features.IHttpResponseBodyFeature>(new StreamResponseBodyFeature(pipe.Writer.AsStream()));
        var running = RunAsync(stream(http, until.Token), pipe.Writer);
        using var reader = new EventReader(pipe.Reader.AsStream(), clock, Timeout.InfiniteTimeSpan);
        try
        {
            while (await reader.NextAsync(cancellationToken) is { } told)
                yield return told;
        }
        finally
        {
            await until.CancelAsync();
            await running;
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private static async Task RunAsync(Task stream, PipeWriter output)
    {
        try
        {
            await stream;
            await output.CompleteAsync();
        }
        catch (OperationCanceledException)
        {
            await output.CompleteAsync();
        }
        catch (Exception e)
        {
            await output.CompleteAsync(e); // thrown where it is read
        }
    }

    private Task<JobsSubmitted> SubmitAsync(string queue, ReadOnlyMemory<byte> body, string? key, CancellationToken cancellationToken)
    {
        if (!QueueName.IsValid(queue))
            throw Problems.InvalidInput($"'{Problems.Shown(queue)}' cannot be a queue: {QueueName.Rule}.", "queue").ToException();
        var specs = Read(body);
        if (key is not null && specs.Length > 1 && Array.FindIndex(specs, job => job.Options?.Unique is not null) is var unique and >= 0)
            throw Problems.KeyAndUnique(unique).ToException();
        JobKey? jobKey = Valid(key) is null ? null : JobKey.Of(key!, specs);
        return Answering.AskAsync(async () =>
        {
            var (submitted, problem) = await intake.TakeAsync(queue, specs, jobKey);
            return submitted ?? throw problem!.ToException();
        }, key is null ? Repeat.OnlyIfNotDone : Repeat.Always, clock, cancellationToken);
    }

    private JobSpec[] Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JobReader.Read(new ReadOnlySequence<byte>(body), builder, lenient: false).Jobs;
        }
        catch (JobRejectedException e)
        {
            throw e.Problem.ToException(e);
        }
    }

    /// <summary>The job when it has ended, or when the time is up.</summary>
    private async Task<(JobView Job, string Queue)> EndAsync(string text, TimeSpan? atMost, CancellationToken cancellationToken)
    {
        var id = IdOf(text);
        var start = clock.GetTimestamp();
        while (true)
        {
            var asked = clock.GetTimestamp();
            var left = atMost - clock.GetElapsedTime(start) is { } rest && rest < WaitMax ? rest : WaitMax;
            if (await AskAsync(() => jobs.FindAsync(id, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken), cancellationToken) is not var (job, queue))
                throw Problems.UnknownJob(text).ToException();
            if (job.HasEnded || clock.GetElapsedTime(start) >= atMost)
                return (job, queue);
            if (clock.GetElapsedTime(asked) < PauseMin)
                await Task.Delay(PauseMin, clock, cancellationToken);
        }
    }

    private async Task<(IShardGrain Shard, string Queue)> OwnerAsync(JobId id, CancellationToken cancellationToken) =>
        await AskAsync(async () => await shards.OwnerOfAsync(id, cancellationToken), cancellationToken) ?? throw Problems.UnknownJob(id.ToString()).ToException();

    private async Task<Problem?> RefusedAsync(ActOutcome outcome, JobId id, string queue) => outcome.Result switch
    {
        ActResult.Done => null,
        ActResult.IsOpen => Problems.JobOpen(id),
        ActResult.HadSucceeded => Problems.JobSucceeded(id),
        ActResult.QueueFull => await intake.QueueFullAsync(queue),
        ActResult.KeyReused => Problems.KeyReused,
        ActResult.KeyInProgress => Problems.KeyInProgress,
        _ => Problems.UnknownJob(id.ToString()),
    };

    private Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken) => Answering.AskAsync(ask, Repeat.Always, clock, cancellationToken);

    private static JobId IdOf(string text) => JobId.TryParse(text, out var id) ? id : throw Problems.UnknownJob(text).ToException();

    private static string? Valid(string? key) => key is null || JobKey.IsValid(key) ? key : throw Problems.InvalidKey.ToException();

    private static SubmittedJob Of(JobSubmitted job) => new(job.Id == default ? "" : job.Id.ToString(), Enum.Parse<SubmissionOutcome>(job.Outcome.ToString()));

    public static Job Of(JobView job, string queue) => Answering.Read<Job>(JobDocument.From(job, queue, new DefaultHttpContext().Request));
}
