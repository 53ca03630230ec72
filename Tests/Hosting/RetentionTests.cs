using Hearth.Hosting;
using Hearth.Jobs;
using Hearth.Queues;
using Hearth.Storage;
using Hearth.Storage.InMemory;
using Hearth.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hearth.Tests.Hosting;

/// <summary>How long ended jobs are kept, as the configuration and the queues say.</summary>
public sealed class RetentionTests
{
    private static readonly JobState[] Ended = [JobState.Succeeded, JobState.Failed, JobState.Cancelled];

    [Fact]
    public void Failed_jobs_are_kept_for_30_days_and_others_for_7_unless_told_otherwise()
    {
        var rules = new RetentionRules(new RetentionOptions(), _ => null).Of([]);
        Assert.Equal((7d, 30d, 7d), (rules.SucceededFor.TotalDays, rules.FailedFor.TotalDays, rules.CancelledFor.TotalDays));
        var told = new RetentionRules(new RetentionOptions { Succeeded = "12h", Failed = "P60D", Cancelled = "30d" }, _ => null).Of([]);
        Assert.Equal((0.5, 60d, 30d), (told.SucceededFor.TotalDays, told.FailedFor.TotalDays, told.CancelledFor.TotalDays));
    }

    [Fact]
    public void A_queue_has_its_own_times_and_inherits_the_others()
    {
        ShardRow[] shards = [new(1, ShardKey.Of("mail"), 1, null), new(2, ShardKey.Of("other"), 1, null)];
        var rules = new RetentionRules(new RetentionOptions { Failed = "10d" }, queue => queue == "mail" ? new QueueRetention(Succeeded: TimeSpan.FromHours(1)) : null);
        var all = rules.Of(shards);
        Assert.Equal((1d, 240d, 168d), (all.Of(1).SucceededFor.TotalHours, all.Of(1).FailedFor.TotalHours, all.Of(1).CancelledFor.TotalHours));
        Assert.Equal((168d, 240d, 168d), (all.Of(2).SucceededFor.TotalHours, all.Of(2).FailedFor.TotalHours, all.Of(2).CancelledFor.TotalHours));
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("59s")]
    [InlineData("3651d")]
    [InlineData("")]
    public void A_time_that_cannot_be_is_told(string text)
    {
        var error = Assert.Throws<StartException>(() => new RetentionRules(new RetentionOptions { Cancelled = text }, _ => null));
        Assert.Contains("Hearth:Retention:Cancelled", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_upkeep_forgets_by_these_times_as_the_clock_moves()
    {
        var clock = new ManualTimeProvider();
        var store = new InMemoryJobStore(clock);
        var ids = new Dictionary<(string, JobState), JobId>();
        foreach (var queue in new[] { "mail", "other" })
        {
            var claim = await store.ClaimAsync(ShardKey.Of(queue), "owner", isPlanned: false, default);
            foreach (var state in Ended)
            {
                var id = JobId.Create(store.Now.ToUnixTimeMilliseconds(), ids.Count + 1, claim.Number, claim.Epoch);
                await store.WriteAsync(new ShardWrite(claim.Number, claim.Epoch)
                {
                    Jobs = new[] { new JobRow(id, new JobSpec("f", "application/json", "1"u8.ToArray())) },
                    Ends = new[] { new JobEnd(id, state, 1, store.Now, store.Now, default, null) },
                });
                ids.Add((queue, state), id);
            }
        }

        var rules = new RetentionRules(new RetentionOptions { Cancelled = "20d" }, queue => queue == "mail" ? new QueueRetention(Failed: TimeSpan.FromDays(1)) : null);
        using var service = new MaintenanceService(store, rules, clock, NullLogger<MaintenanceService>.Instance);
        await service.StartAsync(default);
        await LeftAsync(TimeSpan.FromHours(23), ids.Keys);
        await LeftAsync(TimeSpan.FromHours(2), ids.Keys.Where(key => key != ("mail", JobState.Failed)));
        await LeftAsync(TimeSpan.FromDays(7), [("other", JobState.Failed), ("mail", JobState.Cancelled), ("other", JobState.Cancelled)]);
        await LeftAsync(TimeSpan.FromDays(13), [("other", JobState.Failed)]);
        await LeftAsync(TimeSpan.FromDays(10), []);
        await service.StopAsync(default);

        async Task LeftAsync(TimeSpan passed, IEnumerable<(string, JobState)> expected)
        {
            clock.Advance(passed);
            var wanted = expected.Order().ToList();
            var left = new List<(string, JobState)>();
            for (var i = 0; i < 500 && (i == 0 || !left.Order().SequenceEqual(wanted)); i++)
            {
                // Its next round may begin to wait only now.
                if (i > 0)
                    clock.Advance(TimeSpan.FromMinutes(1));
                left.Clear();
                foreach (var (key, id) in ids)
                {
                    if (await store.FindAsync(id, default) is not null)
                        left.Add(key);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }

            Assert.Equal(wanted, left.Order());
        }
    }
}
