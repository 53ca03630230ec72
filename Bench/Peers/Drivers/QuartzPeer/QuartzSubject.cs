using System.Text;
using Hearth.Bench.Jobs;
using Hearth.Storage;
using Npgsql;
using Quartz;

namespace Hearth.Bench.Peers.QuartzPeer;

/// <summary>How Quartz is asked to work.</summary>
/// <param name="Threads">Of its pool.</param>
/// <param name="HasJobEach">A job detail and a trigger for each job; else one durable job detail with a trigger each.</param>
internal sealed record QuartzSettings(int Threads, bool HasJobEach);

/// <summary>A clustered scheduler of Quartz.NET on PostgreSQL. A job is a one-off trigger that carries its payload.</summary>
internal sealed class QuartzSubject(IScheduler scheduler, QuartzStore store, QuartzSettings settings, Tally tally) : ISubject
{
    private static readonly JobKey Key = new("bench");
    private static readonly IJobDetail Shared = JobBuilder.Create<CountedJob>().WithIdentity(Key).StoreDurably().Build();

    public StoreCounters Counters { get; } = new(0, 0, 0, 0);

    public static async Task<QuartzSubject> StartAsync(QuartzStore store, QuartzSettings settings, Tally tally)
    {
        CountedJob.Tally = tally;
        var setup = await OpenAsync(store, settings, "setup", makesTables: true);
        await setup.Start();
        await setup.AddJob(Shared, new AddJobOptions { Replace = true });
        await setup.Shutdown(waitForJobsToComplete: true);
        // Else the next node would wait for this one to be given up.
        await store.ExecuteAsync("DELETE FROM qrtz_scheduler_state");
        await store.SettleAsync();
        return new QuartzSubject(await OpenAsync(store, settings, "node", makesTables: false), store, settings, tally);
    }

    public async Task SubmitAsync(int job) => await scheduler.ScheduleJob(TriggerOf(job, isShared: true));

    public async Task SubmitManyAsync(int first, int count)
    {
        var jobs = Enumerable.Range(first, count);
        if (settings.HasJobEach)
        {
            await scheduler.ScheduleJobs(jobs.ToDictionary(
                job => JobBuilder.Create<CountedJob>().WithIdentity($"j{job}").UsingJobData(CountedJob.Input, Text(job)).Build(),
                IReadOnlyCollection<ITrigger> (job) => [TriggerOf(job, isShared: false)]));
            return;
        }

        await scheduler.ScheduleJobs(
            new Dictionary<IJobDetail, IReadOnlyCollection<ITrigger>> { [Shared] = [.. jobs.Select(job => TriggerOf(job, isShared: true))] },
            new ScheduleJobOptions { Replace = true });
    }

    public async Task StartWorkersAsync() => await scheduler.Start();

    public async Task DrainedAsync()
    {
        await tally.All;
        while (await store.HoldsAnyAsync())
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
    }

    public async ValueTask DisposeAsync() => await scheduler.Shutdown(waitForJobsToComplete: true);

    private static async Task<IScheduler> OpenAsync(QuartzStore store, QuartzSettings settings, string node, bool makesTables) =>
        await QuartzSchedulerBuilder.Create(quartz =>
        {
            quartz.ConfigureScheduler(o => (o.InstanceName, o.InstanceId) = ("bench", node));
            quartz.UseDefaultThreadPool(settings.Threads);
            quartz.UsePersistentStore(persistent =>
            {
                persistent.UsePostgres(NpgsqlFactory.Instance, store.ConnectionString + ";Maximum Pool Size=80;Max Auto Prepare=100");
                persistent.UseClustering(_ => { });
                if (makesTables)
                    persistent.ProvisionSchema();
                persistent.ConfigureStore(o => o.LockOnInsert = false);
            });
        }).BuildScheduler();

    private static ITrigger TriggerOf(int job, bool isShared)
    {
        var trigger = TriggerBuilder.Create().WithIdentity($"t{job}").StartNow();
        return isShared ? trigger.ForJob(Key).UsingJobData(CountedJob.Input, Text(job)).Build() : trigger.Build();
    }

    private static string Text(int job) => Encoding.UTF8.GetString(Payloads.Of(job));
}
