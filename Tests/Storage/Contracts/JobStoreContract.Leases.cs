using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>Leases of workers outside.</summary>
public abstract partial class JobStoreContract
{
    [Fact]
    public async Task The_newest_lease_of_each_job_is_found_after_a_restart()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 4);
        var (first, second, third, never) = (jobs[0].Id, jobs[1].Id, jobs[2].Id, jobs[3].Id);
        await WriteAsync(claim, jobs);
        await WriteAsync(claim, leases: [Lease(first, 1, 1), Lease(second, 1, 1), Lease(third, 7, 1)]);
        await WriteAsync(claim, leases: [Lease(first, 1, 2), Lease(first, 1, 3)]);
        await WriteAsync(claim, leases: [Lease(second, 1, 10), Lease(second, 2, 1)]);
        await ReopenAsync();
        var found = await Store.LeasesAsync(claim.Number, [never, third, second, first], None);
        Assert.Equal(
            [RowText.Of(Lease(first, 1, 3)), RowText.Of(Lease(second, 2, 1)), RowText.Of(Lease(third, 7, 1))],
            found.OrderBy(row => row.Id).Select(RowText.Of));
        Assert.Equal(second, Assert.Single(await Store.LeasesAsync(claim.Number, [second, never], None)).Id);
        Assert.Empty(await Store.LeasesAsync(claim.Number, [never], None));
        Assert.Empty(await Store.LeasesAsync(claim.Number, [], None));
        Assert.Empty(await Store.LeasesAsync((await ClaimAsync()).Number, [first], None));
    }

    [Fact]
    public async Task A_lease_of_a_former_owner_is_refused()
    {
        var former = await ClaimAsync();
        var id = await AcceptAsync(former);
        var owner = await ClaimAsync(former.Key);
        Assert.Equal(WriteOutcome.Refused, await TryWriteAsync(former, leases: [Lease(id, 1, 1)]));
        Assert.Empty(await Store.LeasesAsync(owner.Number, [id], None));
    }

    [Fact]
    public async Task The_same_lease_twice_is_the_same_as_once()
    {
        var claim = await ClaimAsync();
        var id = await AcceptAsync(claim);
        for (var i = 0; i < 2; i++)
            await WriteAsync(claim, leases: [Lease(id, 1, 1)]);
        Assert.Equal(1, Assert.Single(await Store.LeasesAsync(claim.Number, [id], None)).Number);
    }

    [Fact]
    public async Task Leases_of_many_jobs_are_found_at_once()
    {
        var claim = await ClaimAsync();
        var jobs = NextJobs(claim, 5_000);
        await WriteAsync(claim, jobs, leases: [.. jobs.Where((_, i) => i % 2 == 0).Select(job => Lease(job.Id, 1, 1))]);
        var found = await Store.LeasesAsync(claim.Number, [.. jobs.Select(job => job.Id)], None);
        Assert.Equal(jobs.Where((_, i) => i % 2 == 0).Select(job => job.Id), found.Select(row => row.Id).Order());
    }

    [Fact]
    public async Task Leases_of_forgotten_jobs_are_forgotten_and_those_of_open_jobs_stay()
    {
        var claim = await ClaimAsync();
        var (open, ended) = (await OldJobAsync(claim, 400), await OldJobAsync(claim, 399));
        await WriteAsync(claim, ends: [End(ended, at: ended.At)], leases: [Lease(open, 1, 1), Lease(ended, 1, 1)]);
        await Store.MaintainAsync(new Retention(), None);
        Assert.Equal(open, Assert.Single(await Store.LeasesAsync(claim.Number, [open, ended], None)).Id);
    }

    private static JobLeaseRow Lease(JobId id, int attempt, int number) =>
        new(id, attempt, number, id.At, id.At.AddSeconds(30 * number), $"worker {number}");
}
