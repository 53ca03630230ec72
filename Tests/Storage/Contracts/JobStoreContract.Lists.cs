using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>Lists, beside a model in LINQ.</summary>
public abstract partial class JobStoreContract
{
    private const int ListsSeed = 20_260_701;

    private sealed record Listed(JobRow Job, JobEnd? End, JobAttemptRow[] Attempts);

    [Fact]
    public async Task Any_filter_lists_what_the_model_does()
    {
        var random = new Random(ListsSeed);
        var claims = new[] { await ClaimAsync(), await ClaimAsync(), await ClaimAsync(), await ClaimAsync() };
        var all = await StoreListedAsync(claims, random);
        for (var run = 0; run < 150; run++)
        {
            var filter = RandomFilter(claims, all, random);
            var expected = all.Where(job => Matches(filter, job)).OrderByDescending(job => job.Job.Id).Select(job => RowText.Of(Shown(job)));
            var found = new List<JobView>();
            var pages = 0;
            for (JobId? below = filter.Below; pages == 0 || below is not null; pages++)
            {
                var page = await Store.ListAsync(filter with { Below = below }, None);
                Assert.True(page.Jobs.Count <= filter.Limit);
                Assert.True(page.Next is null || below is null || page.Next < below, "A page has to get on.");
                found.AddRange(page.Jobs);
                below = page.Next;
            }

            Assert.True(expected.SequenceEqual(found.Select(RowText.Of)), $"Seed {ListsSeed}, run {run}: {filter} lists other jobs than the model.");
        }
    }

    [Fact]
    public async Task Nothing_is_listed_of_shards_that_are_empty_or_unknown()
    {
        var claim = await ClaimAsync();
        var page = await Store.ListAsync(new JobFilter([claim.Number, JobId.ShardEnd - 2]), None);
        Assert.Empty(page.Jobs);
        Assert.Null(page.Next);
        Assert.Empty((await Store.ListAsync(new JobFilter([]), None)).Jobs);
    }

    [Fact]
    public async Task Jobs_that_come_while_pages_are_read_neither_repeat_nor_hide_any()
    {
        var claims = new[] { await ClaimAsync(), await ClaimAsync() };
        var before = new List<JobId>();
        for (var i = 0; i < 40; i++)
            before.Add(await AcceptAsync(claims[i % 2]));
        var seen = new List<JobId>();
        JobId? below = null;
        do
        {
            var page = await Store.ListAsync(new JobFilter([claims[0].Number, claims[1].Number]) { Limit = 7, Below = below }, None);
            seen.AddRange(page.Jobs.Select(j => j.Id));
            below = page.Next;
            await AcceptAsync(claims[0]);
        }
        while (below is not null);
        before.Reverse();
        Assert.Equal(before, seen);
    }

    [Fact]
    public async Task A_page_may_end_before_anything_is_found_and_the_next_goes_on()
    {
        var claim = await ClaimAsync();
        var needle = await AcceptAsync(claim, "needle");
        for (var i = 0; i < 6; i++)
            await WriteAsync(claim, NextJobs(claim, 10_000));
        var found = new List<JobId>();
        var pages = 0;
        for (JobId? below = null; pages == 0 || below is not null; pages++)
        {
            var page = await Store.ListAsync(new JobFilter([claim.Number]) { Function = "needle", Below = below }, None);
            found.AddRange(page.Jobs.Select(j => j.Id));
            below = page.Next;
        }

        Assert.True(pages >= 2);
        Assert.Equal([needle], found);
    }

    private async Task<List<Listed>> StoreListedAsync(ShardClaim[] claims, Random random)
    {
        var now = Store.Now;
        var all = new List<Listed>();
        foreach (var claim in claims)
        {
            // Several jobs share a millisecond, within a shard and between shards.
            for (var i = 0; i < 150; i++)
            {
                var id = JobId.Create(now.AddMinutes(-random.Next(60)).ToUnixTimeMilliseconds(), i, claim.Number, claim.Epoch);
                var options = new JobOptions
                {
                    Tags = random.Next(3) == 0 ? null : [.. new[] { "red", "green", "re", "a\"b", "ü%" }.Where(_ => random.Next(2) == 0)],
                    Priority = (byte)random.Next(1, 6),
                    DueAt = random.Next(4) == 0 ? now.AddDays(1) : null,
                };
                var job = new JobRow(id, Spec($"f{random.Next(3)}", random.Next(4) == 0 ? null : options));
                var attempt = new JobAttemptRow(id, 1, AttemptKind.Failed, now, now, now.AddDays(2), "first try", "Attempt");
                all.Add(random.Next(5) switch
                {
                    0 => new Listed(job, End(id), []),
                    1 => new Listed(job, End(id, JobState.Cancelled) with { ErrorType = random.Next(2) == 0 ? null : "Stopped" }, []),
                    2 => new Listed(job, End(id, JobState.Failed) with { Error = $"100% {random.Next(3)}_x", ErrorType = "Odd'Type" }, [attempt]),
                    3 => new Listed(job, null, [attempt]),
                    _ => new Listed(job, null, []),
                });
            }

            var own = all.Where(j => j.Job.Id.Shard == claim.Number).ToList();
            await WriteAsync(
                claim, [.. own.Select(j => j.Job).OrderBy(j => j.Id)], ends: [.. own.Where(j => j.End is not null).Select(j => j.End!.Value)],
                attempts: [.. own.SelectMany(j => j.Attempts)]);
        }

        return all;
    }

    private static JobFilter RandomFilter(ShardClaim[] claims, List<Listed> all, Random random)
    {
        var some = all[random.Next(all.Count)].Job.Id;
        return new JobFilter([.. claims.Where(_ => random.Next(4) != 0).Select(c => c.Number)])
        {
            Function = Sometimes("f1", "f2", "f"),
            Ended = random.Next(2) == 0 ? null : (JobState)random.Next((int)JobState.Succeeded, (int)JobState.Cancelled + 1),
            Tag = Sometimes("red", "re", "a\"b", "ü%", "%"),
            From = random.Next(3) == 0 ? some.At.AddTicks(random.Next(-1, 2)) : null,
            Before = random.Next(3) == 0 ? some.At.AddMinutes(random.Next(30)).AddTicks(random.Next(-1, 2)) : null,
            Error = random.Next(3) == 0 ? Sometimes("100%", "%", "_x", "broke", "BROKE", "Odd'T", "Stop", "first try") : null,
            Below = random.Next(3) == 0 ? all[random.Next(all.Count)].Job.Id : null,
            Limit = random.Next(3) switch { 0 => 1 + random.Next(5), 1 => 50, _ => 1_000 },
        };

        string? Sometimes(params string[] values) => random.Next(3) != 0 ? null : values[random.Next(values.Length)];
    }

    /// <summary>An error is that of the end.</summary>
    private static bool Matches(JobFilter filter, Listed job) =>
        filter.Shards.Contains(job.Job.Id.Shard)
        && (filter.Function ?? job.Job.Spec.Function) == job.Job.Spec.Function
        && (filter.Ended is null || filter.Ended == job.End?.State)
        && (filter.Tag is null || job.Job.Spec.Options?.Tags?.Contains(filter.Tag) == true)
        && (filter.From is null || job.Job.Id.At >= filter.From)
        && (filter.Before is null || job.Job.Id.At < filter.Before)
        && (filter.Below is null || job.Job.Id < filter.Below)
        && (filter.Error is null || $"{job.End?.Error}\0{job.End?.ErrorType}".Contains(filter.Error, StringComparison.Ordinal));

    private static JobView Shown(Listed listed)
    {
        var (job, options) = (listed.Job, listed.Job.Spec.Options ?? JobOptions.Default);
        var view = new JobView(job.Id, job.Spec.Function, options.DueAt is null ? JobState.Ready : JobState.Scheduled)
        {
            Priority = options.Priority, DueAt = options.DueAt, Tags = options.Tags,
        };
        return (listed.End, listed.Attempts) switch
        {
            ({ } end, _) => view with
            {
                State = end.State, Attempt = end.Attempt, StartedAt = end.StartedAt, EndedAt = end.EndedAt, Error = end.Error,
                ErrorType = end.ErrorType, ResultContentType = end.ContentType,
            },
            (_, [var failed]) => view with
            {
                State = JobState.Retrying, Attempt = 1, StartedAt = failed.StartedAt, DueAt = failed.RetryAt, Error = failed.Error,
                ErrorType = failed.ErrorType,
            },
            _ => view,
        };
    }
}
