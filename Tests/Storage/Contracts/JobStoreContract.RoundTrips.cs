using FsCheck;
using FsCheck.Fluent;
using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>Every field of every row comes back as it was. A failure names its seed; <c>Config.WithReplay</c> takes it.</summary>
public abstract partial class JobStoreContract
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(30);

    [Fact]
    public async Task Any_job_comes_back_as_it_was()
    {
        var claim = await ClaimAsync();
        Check.One(Runs, Prop.ForAll(RowGenerators.Specs.ToArbitrary(), spec => Same(async () =>
        {
            var job = new JobRow(NextId(claim), spec);
            await WriteAsync(claim, [job]);
            return (RowText.Of(job), RowText.Of(Assert.Single(await Store.ReadJobsAsync(claim.Number, [job.Id], None))));
        })));
    }

    [Fact]
    public async Task Any_job_is_shown_as_it_is()
    {
        var claim = await ClaimAsync();
        Check.One(Runs, Prop.ForAll(RowGenerators.Specs.ToArbitrary(), spec => Same(async () =>
        {
            var job = new JobRow(NextId(claim), spec);
            await WriteAsync(claim, [job]);
            var options = spec.Options ?? JobOptions.Default;
            var shown = new JobView(job.Id, spec.Function, options.DueAt > Store.Now ? JobState.Scheduled : JobState.Ready)
            {
                Priority = options.Priority, DueAt = options.DueAt, ExpiresAt = options.ExpiresAt, Tags = options.Tags, RedriveOf = options.RedriveOf, Key = options.Key,
            };
            return (RowText.Of(shown), RowText.Of(await Store.FindAsync(job.Id, None)));
        })));
    }

    [Fact]
    public async Task Any_job_comes_through_the_inbox_as_it_was()
    {
        var claim = await ClaimAsync();
        var position = 0L;
        Check.One(Runs, Prop.ForAll(RowGenerators.Specs.ToArbitrary(), spec => Same(async () =>
        {
            var job = new JobRow(InboxIds.Create(Store.Now, claim.Number), spec);
            await WriteAsync(claim, posts: [new InboxPost(claim.Number, job.Id, spec)]);
            var page = await Store.ReadInboxAsync(claim.Number, position, None);
            position = page.Position;
            return (RowText.Of(new InboxRow(job, IsStored: false)), RowText.Of(page.Rows.Single(r => r.Job.Id == job.Id)));
        })));
    }

    [Fact]
    public async Task Any_end_comes_back_as_it_was()
    {
        var claim = await ClaimAsync();
        Check.One(Runs, Prop.ForAll(RowGenerators.Ends.ToArbitrary(), anonymous => Same(async () =>
        {
            var job = NextJob(claim);
            var end = anonymous with { Id = job.Id };
            await WriteAsync(claim, [job], ends: [end]);
            var shown = new JobView(job.Id, "f", end.State)
            {
                Attempt = end.Attempt, StartedAt = end.StartedAt, EndedAt = end.EndedAt, Error = end.Error, ErrorType = end.ErrorType,
                ResultContentType = end.ContentType,
            };
            return (
                RowText.Of(end) + RowText.Of(shown),
                RowText.Of(await Store.FindEndAsync(job.Id, None)) + RowText.Of(await Store.FindAsync(job.Id, None)));
        })));
    }

    [Fact]
    public async Task Any_history_comes_back_as_it_was()
    {
        var claim = await ClaimAsync();
        var histories = from attempts in RowGenerators.Attempts from notes in RowGenerators.Notes select (attempts, notes);
        Check.One(Runs, Prop.ForAll(histories.ToArbitrary(), anonymous => Same(async () =>
        {
            var job = NextJob(claim);
            JobAttemptRow[] attempts = [.. anonymous.attempts.Select(a => a with { Id = job.Id })];
            JobNoteRow[] notes = [.. anonymous.notes.Select(n => n with { Id = job.Id })];
            await WriteAsync(claim, [job], attempts: attempts, notes: notes);
            return (RowText.Of(new JobHistory(attempts, notes)), RowText.Of(await Store.HistoryAsync(job.Id, None)));
        })));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData(JobSpec.InputBytesMax)]
    public async Task Payloads_of_any_size_come_back(int size)
    {
        var claim = await ClaimAsync();
        var (before, after) = (NextJob(claim), default(JobRow));
        var job = new JobRow(NextId(claim), new JobSpec("f", "application/octet-stream", RowGenerators.Bytes(size, 1)));
        after = NextJob(claim);
        var end = End(job.Id) with { Result = RowGenerators.Bytes(size, 2) };
        var post = new InboxPost(claim.Number, InboxIds.Create(Store.Now, claim.Number), job.Spec);
        await WriteAsync(claim, [before, job, after], ends: [end], posts: [post]);
        await ReopenAsync();
        Assert.Equal(new[] { before, job, after }.Select(RowText.Of), (await Read(claim, [before, job, after])).Select(RowText.Of));
        Assert.Equal(RowText.Of(end), RowText.Of(await Store.FindEndAsync(job.Id, None)));
        Assert.Equal(
            RowText.Of(new JobRow(post.Id, post.Spec)), RowText.Of(Assert.Single((await Store.ReadInboxAsync(claim.Number, 0, None)).Rows).Job));
    }

    [Fact]
    public async Task A_result_may_change_once_it_is_written()
    {
        // Results may live in buffers that are used again.
        var claim = await ClaimAsync();
        var job = NextJob(claim);
        var buffer = "first"u8.ToArray();
        await WriteAsync(claim, [job], ends: [End(job.Id) with { Result = buffer }]);
        buffer.AsSpan().Fill((byte)'x');
        Assert.Equal("first"u8.ToArray(), (await Store.FindEndAsync(job.Id, None))!.Value.Result.ToArray());
    }

    [Fact]
    public async Task The_longest_texts_come_back()
    {
        var claim = await ClaimAsync();
        var job = NextJob(claim, options: new JobOptions { Tags = [.. Enumerable.Range(0, JobLimits.TagsMax).Select(i => i + new string('ü', 99))] });
        var end = End(job.Id, JobState.Failed) with { Error = new string('€', JobLimits.ErrorLengthMax) };
        var note = new JobNoteRow(job.Id, 1, NoteKind.Log, 1, Store.Now, new string('z', JobLimits.NoteBytesMax));
        await WriteAsync(claim, [job], ends: [end], notes: [note]);
        Assert.Equal(RowText.Of(job), RowText.Of(Assert.Single(await Read(claim, [job]))));
        Assert.Equal(RowText.Of(end), RowText.Of(await Store.FindEndAsync(job.Id, None)));
        Assert.Equal(RowText.Of(new JobHistory([], [note])), RowText.Of(await Store.HistoryAsync(job.Id, None)));
    }

    /// <summary>Runs an example to its end: properties are not asynchronous.</summary>
    private static Property Same(Func<Task<(string Expected, string Actual)>> example)
    {
        var (expected, actual) = Task.Run(example).GetAwaiter().GetResult();
        return (expected == actual).Label($"expected {expected}\nactual   {actual}");
    }
}
