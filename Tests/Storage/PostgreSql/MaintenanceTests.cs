using Hearth.Jobs;
using Hearth.Storage;
using Hearth.Tests.Support;

namespace Hearth.Tests.Storage.PostgreSql;

/// <summary>Partitions ahead; old days dropped without losing what is open.</summary>
public sealed class MaintenanceTests
{
    [PostgresFact]
    public async Task Old_day_is_dropped_and_what_is_open_or_must_be_kept_stays()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var day = Noon(store.Now).AddDays(-10);
        MakeDay(world, day);
        var jobs = PostgresWorld.Jobs(claim, 6, day);
        var (succeeded, open, failed, late, retried, cancelled) = (jobs[0].Id, jobs[1].Id, jobs[2].Id, jobs[3].Id, jobs[4].Id, jobs[5].Id);
        await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)
        {
            Jobs = jobs,
            Ends = new[]
            {
                PostgresWorld.End(succeeded), PostgresWorld.End(failed, JobState.Failed), PostgresWorld.End(late, endedAt: store.Now.AddDays(-1)),
                PostgresWorld.End(cancelled, JobState.Cancelled),
            },
            Attempts = new JobAttemptRow[]
            {
                new(retried, 1, AttemptKind.Failed, day, day, day.AddDays(20), "no"), new(failed, 1, AttemptKind.Failed, day, day, day, "no"),
                new(succeeded, 1, AttemptKind.Failed, day, day, day, "no"),
            },
            Notes = new JobNoteRow[] { new(open, 1, NoteKind.Log, 1, day, "kept"), new(succeeded, 1, NoteKind.Log, 1, day, "dropped") },
            Keys = new JobKeyRow[] { new(JobKeyKind.Unique, new byte[32], open, 1, Array.Empty<byte>()) },
        });
        var waiting = new InboxPost(claim.Number, InboxIds.Create(day, claim.Number), PostgresWorld.Spec("waiting"));
        await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch) { Posts = new[] { waiting } });
        Assert.Equal(6L, world.Ask<long>($"SELECT count(*) FROM {Partition("job", day)}"));

        await store.MaintainAsync(new Retention(), default);

        Assert.True(world.Ask<bool>($"SELECT to_regclass('{Partition("job", day)}') IS NULL"));
        Assert.Equal(
            new JobId[] { open, failed, late, retried }.Order(),
            (await store.ReadJobsAsync(claim.Number, [.. jobs.Select(job => job.Id)], default)).Select(row => row.Id).Order());
        Assert.Equal(JobState.Failed, (await store.FindEndAsync(failed, default))!.Value.State);
        Assert.Equal(JobState.Succeeded, (await store.FindEndAsync(late, default))!.Value.State);
        Assert.Null(await store.FindEndAsync(succeeded, default));
        Assert.Single((await store.HistoryAsync(failed, default)).Attempts);
        Assert.Single((await store.HistoryAsync(open, default)).Notes);
        Assert.Empty(await store.FindKeysAsync(claim.Number, JobKeyKind.Unique, [new byte[32]], day, default));
        Assert.True(world.Ask<bool>($"SELECT to_regclass('{Partition("job_key", day)}') IS NULL"));
        Assert.Equal(waiting.Id, Assert.Single((await store.ReadInboxAsync(claim.Number, 0, default)).Rows).Job.Id);
        var recovered = await PostgresWorld.OpenJobsAsync(store, await store.ClaimAsync());
        Assert.Equal(new[] { open, retried }.Order(), recovered.Select(job => job.Id).Order());
        Assert.Equal(1, recovered.Single(job => job.Id == retried).Failures);
    }

    [PostgresFact]
    public async Task What_was_kept_is_forgotten_when_its_time_has_come()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var day = Noon(store.Now).AddDays(-40);
        var jobs = PostgresWorld.Jobs(claim, 2_500, day);
        var waiting = new InboxPost(claim.Number, jobs[0].Id, jobs[0].Spec);
        await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)
        {
            Jobs = jobs,
            Ends = jobs[..2_400].Select((job, i) => PostgresWorld.End(
                job.Id, i % 2 == 0 ? JobState.Failed : JobState.Succeeded, i < 2_390 ? job.Id.At : store.Now.AddDays(-8))).ToArray(),
            Posts = new[] { waiting },
        });

        await store.MaintainAsync(new Retention(), default);

        // 100 open, and 5 that failed 8 days ago.
        Assert.Equal(105L, world.Ask<long>("SELECT count(*) FROM hearth.job"));
        Assert.Equal(5L, world.Ask<long>("SELECT count(*) FROM hearth.job_end"));
        Assert.Equal(0L, world.Ask<long>("SELECT count(*) FROM hearth.inbox"));
        Assert.Equal(100, (await PostgresWorld.OpenJobsAsync(store, await store.ClaimAsync())).Count);
    }

    [PostgresFact]
    public async Task Last_id_outlives_its_job()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var (kept, dropped) = (await store.ClaimAsync("p/a/0"), await store.ClaimAsync("p/b/0"));
        var day = Noon(store.Now).AddDays(-10);
        MakeDay(world, day);
        await store.WriteAsync(dropped.Write(PostgresWorld.Jobs(dropped, 1, day), [PostgresWorld.End(PostgresWorld.Id(dropped, 0, day))]));
        await store.WriteAsync(kept.Write(PostgresWorld.Jobs(kept, 1, day.AddDays(-1)), [PostgresWorld.End(PostgresWorld.Id(kept, 0, day.AddDays(-1)))]));

        await store.MaintainAsync(new Retention(), default);

        Assert.Equal(0L, world.Ask<long>("SELECT count(*) FROM hearth.job"));
        Assert.Equal(PostgresWorld.Id(dropped, 0, day), (await store.ClaimAsync("p/b/0")).LastId);
        Assert.Equal(PostgresWorld.Id(kept, 0, day.AddDays(-1)), (await store.ClaimAsync("p/a/0")).LastId);
    }

    [PostgresFact]
    public async Task Day_that_is_in_use_stays_whole_and_goes_later()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var day = Noon(store.Now).AddDays(-10);
        MakeDay(world, day);
        await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 3, day), [PostgresWorld.End(PostgresWorld.Id(claim, 0, day))]));
        using (var reader = new Holder(world.ConnectionString, "SELECT count(*) FROM hearth.job_end"))
        {
            var maintaining = store.MaintainAsync(new Retention(), default);
            await Task.WhenAny(maintaining, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
            Assert.Equal(3L, world.Ask<long>($"SELECT count(*) FROM {Partition("job", day)}"));
            // Writers are held up for as long as a lock is waited for, and no longer.
            Assert.Equal(WriteOutcome.Written, await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1, store.Now))));
            reader.Release();
            await maintaining;
        }

        Assert.True(world.Ask<bool>($"SELECT to_regclass('{Partition("job", day)}') IS NULL"));
        Assert.Equal(3, (await PostgresWorld.OpenJobsAsync(store, await store.ClaimAsync())).Count);
    }

    [PostgresFact]
    public async Task Partitions_are_there_a_week_ahead()
    {
        await using var world = await PostgresWorld.NewAsync();
        var store = await world.OpenAsync();
        var claim = await store.ClaimAsync();
        var last = Noon(store.Now).AddDays(7);
        Assert.Equal(8L, world.Ask<long>("SELECT count(*) FROM hearth.days('hearth.job')"));
        world.Execute($"DROP TABLE {string.Join(", ", Tables.Select(table => Partition(table, last)))}");

        await store.MaintainAsync(new Retention(), default);

        Assert.Equal(8L, world.Ask<long>("SELECT count(*) FROM hearth.days('hearth.job')"));
        await store.WriteAsync(claim.Write(PostgresWorld.Jobs(claim, 1, last)));
        Assert.Equal(1L, world.Ask<long>($"SELECT count(*) FROM {Partition("job", last)}"));
        Assert.All(Tables, table => Assert.False(world.Ask<bool>($"SELECT to_regclass('{Partition(table, last)}') IS NULL")));
    }

    private static readonly string[] Tables = ["job", "job_key", "job_end", "job_attempt", "job_note", "job_lease", "inbox"];

    private static DateTimeOffset Noon(DateTimeOffset now) => new(now.Year, now.Month, now.Day, 12, 0, 0, TimeSpan.Zero);

    private static string Partition(string table, DateTimeOffset day) => FormattableString.Invariant($"hearth.{table}_{day:yyyyMMdd}");

    /// <summary>As it was made when that day was ahead.</summary>
    private static void MakeDay(PostgresWorld world, DateTimeOffset day) =>
        world.Execute(FormattableString.Invariant($"SELECT hearth.day_make('{day:yyyy-MM-dd}')"));
}
