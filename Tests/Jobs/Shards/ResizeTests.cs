using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Tests.Support.Jobs;

namespace Hearth.Tests.Jobs.Shards;

/// <summary>A queue gets other shards: the former end their jobs, and no key is taken twice.</summary>
public sealed class ResizeTests : JobWorldTests
{
    [Fact]
    public async Task The_former_shard_takes_nothing_new_and_ends_what_it_has()
    {
        var silo = await world.StartAsync();
        var running = await silo.SubmitAsync("hold", "gate");
        var later = await silo.SubmitAsync("echo", options: new JobOptions { Delay = TimeSpan.FromMinutes(1) });
        await ResizeAsync(silo, 2);
        Assert.Equal(SubmitOutcome.Moved, (await silo.Shard.SubmitAsync(JobWorld.Spec("echo"))).Outcome);
        Assert.Equal(SubmitOutcome.Moved, (await silo.Shard.SubmitManyAsync([JobWorld.Spec("echo")], Key("a"))).Outcome);
        Assert.Equal(SubmitOutcome.Accepted, (await Shard(silo, Generation(silo).KeyOf(JobSilo.Queue, 0)).SubmitAsync(JobWorld.Spec("echo"))).Outcome);
        world.Gate("gate").SetResult();
        Assert.Equal(JobState.Succeeded, (await world.EndAsync(running)).State);
        Assert.Equal(JobState.Succeeded, (await world.EndLaterAsync(later, TimeSpan.FromSeconds(10))).State);
    }

    [Fact]
    public async Task A_job_of_a_former_shard_is_run_again_there()
    {
        var silo = await world.StartAsync();
        var job = await silo.SubmitAsync("fail", options: new JobOptions { Retry = new RetryPolicy(Attempts: 1) });
        await world.EndAsync(job);
        await ResizeAsync(silo, 2);
        var again = await silo.Shard.RedriveAsync(job, JobKey.OfRedrive("k", job));
        Assert.Equal(ActResult.Done, again.Result);
        Assert.Equal(again.Id, (await silo.Shard.RedriveAsync(job, JobKey.OfRedrive("k", job))).Id);
    }

    [Fact]
    public async Task An_idempotency_key_means_the_same_jobs_over_several_changes()
    {
        var silo = await world.StartAsync();
        var keys = Enumerable.Range(0, 20).Select(n => "key" + n).ToList();
        var first = new Dictionary<string, JobId>();
        foreach (var key in keys)
            first[key] = await AcceptAsync(silo, key);
        foreach (var shards in new[] { 3, 2, 5 })
        {
            await ResizeAsync(silo, shards);
            foreach (var key in keys)
            {
                var repeat = await SubmitAsync(silo, key);
                Assert.Equal((SubmitOutcome.Repeat, first[key]), (repeat.Outcome, repeat.First));
            }

            Assert.Equal(SubmitOutcome.OtherBody, (await ShardFor(silo, "key1").SubmitManyAsync([JobWorld.Spec("echo", "other")], JobKey.Of("key1", [JobWorld.Spec("echo", "other")]))).Outcome);
            first["more" + shards] = await AcceptAsync(silo, "more" + shards);
            keys.Add("more" + shards);
        }
    }

    [Fact]
    public async Task A_unique_job_of_a_former_shard_keeps_others_out_while_it_is_open()
    {
        var silo = await world.StartAsync();
        var unique = new JobOptions { Unique = new UniqueSpec(Key: "one", While: [JobState.Running]) };
        var job = await silo.SubmitAsync("hold", "gate", unique);
        await world.RunsAsync(job);
        await ResizeAsync(silo, 4);
        var spec = JobWorld.Spec("hold", "gate", unique);
        var shard = Shard(silo, Generation(silo).KeyFor(JobSilo.Queue, UniqueKey.HashOf(spec)));
        var duplicate = await shard.SubmitAsync(spec);
        Assert.Equal((SubmitOutcome.Duplicate, job), (duplicate.Outcome, duplicate.Id));
        world.Gate("gate").SetResult();
        await world.EndAsync(job);
        Assert.Equal(SubmitOutcome.Accepted, (await shard.SubmitAsync(spec)).Outcome);
    }

    [Fact]
    public async Task A_silo_that_was_not_told_of_the_change_cannot_take_a_key_again()
    {
        // Two silos of which each thinks that the shards live on it.
        var (told, late) = (await world.StartAsync(), await world.StartAsync());
        await late.Shard.WakeAsync();
        await ResizeAsync(told, 2);
        Assert.Empty(late.Catalogue.GenerationsOf(JobSilo.Queue));
        // Whether it is refused, because it has lost the shard, or stores the job: there is one.
        await Record.ExceptionAsync(() => Asked(late.Shard, "k"));
        await SubmitAsync(told, "k");
        await Record.ExceptionAsync(() => Asked(late.Shard, "k"));
        Assert.Single(await JobsAsync(), "k");
    }

    [Fact]
    public async Task Whoever_is_not_the_owner_of_a_former_shard_cannot_speak_for_it()
    {
        var silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        await ResizeAsync(silo, 2);
        await world.TakeOverAsync();
        await Assert.ThrowsAsync<Hearth.Storage.StoreUnavailableException>(() => silo.Shard.RetireAsync());
    }

    [Fact]
    public async Task A_submission_under_way_while_the_shards_change_is_stored_once_or_sent_on()
    {
        var silo = await world.StartAsync();
        await silo.Shard.WakeAsync();
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        silo.Store.BeforeAnswer = method =>
        {
            if (method != "FindKeysAsync" || !found.TrySetResult())
                return Task.CompletedTask;
            return go.Task;
        };
        // It has looked for the key, and not stored it yet.
        var former = Asked(silo.Shard, "k");
        await found.Task;
        await ResizeAsync(silo, 2);
        var next = await Asked(ShardFor(silo, "k"), "k");
        go.SetResult();
        Assert.Equal((SubmitOutcome.Accepted, SubmitOutcome.Moved), (next.Outcome, (await former).Outcome));
        Assert.Single(await JobsAsync(), "k");
    }

    private static JobKey Key(string key) => JobKey.Of(key, [JobWorld.Spec("echo", key)]);

    private static QueueGeneration Generation(JobSilo silo) => silo.Catalogue.GenerationsOf(JobSilo.Queue)[^1];

    private static IShardGrain Shard(JobSilo silo, string key) => silo.Grains.GetGrain<IShardGrain>(key);

    private static IShardGrain ShardFor(JobSilo silo, string key) => Shard(silo, silo.Catalogue.GenerationsOf(JobSilo.Queue) is [.., var takers]
        ? takers.KeyFor(JobSilo.Queue, Key(key).Hash.Span)
        : ShardKey.Of(JobSilo.Queue));

    private static Task<JobsSubmitted> Asked(IShardGrain shard, string key) => shard.SubmitManyAsync([JobWorld.Spec("echo", key)], Key(key));

    private static Task<JobsSubmitted> SubmitAsync(JobSilo silo, string key) => Asked(ShardFor(silo, key), key);

    private static async Task<JobId> AcceptAsync(JobSilo silo, string key)
    {
        var submitted = await SubmitAsync(silo, key);
        Assert.Equal(SubmitOutcome.Accepted, submitted.Outcome);
        return submitted.First;
    }

    private static async Task ResizeAsync(JobSilo silo, int shards)
    {
        var changed = await silo.Grains.GetGrain<IQueueGrain>(JobSilo.Queue).PutAsync(new QueueDefinition { Shards = shards }, QueueCondition.None);
        Assert.True(changed.Outcome is QueueChangeOutcome.Created or QueueChangeOutcome.Changed);
        Assert.Equal(shards, Generation(silo).Count);
    }

    /// <summary>The inputs of all jobs that are stored.</summary>
    private async Task<IEnumerable<string>> JobsAsync()
    {
        var inputs = new List<string>();
        foreach (var shard in await world.Store.ShardsAsync(CancellationToken.None))
        {
            var page = await world.Store.ListAsync(new Hearth.Storage.JobFilter([shard.Number]) { Limit = 100 }, CancellationToken.None);
            foreach (var job in await world.Store.ReadJobsAsync(shard.Number, [.. page.Jobs.Select(j => j.Id)], CancellationToken.None))
                inputs.Add(System.Text.Json.JsonSerializer.Deserialize<string>(job.Spec.Input.Span)!);
        }

        return inputs;
    }
}
