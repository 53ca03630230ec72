using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Storage.Contracts;

/// <summary>What runs say of themselves: the only rows of a job that may change.</summary>
public abstract partial class JobStoreContract
{
    [Fact]
    public async Task A_note_takes_the_place_of_an_earlier_one()
    {
        var claim = await ClaimAsync();
        var id = await AcceptAsync(claim);
        await WriteAsync(claim, notes: [Detail(id, 1, "first"), Detail(id, 2, "beside", number: 2)]);
        Assert.Equal(RowText.Of(Detail(id, 1, "second")), await Replaced(Detail(id, 1, "second")));
        var later = Detail(id, 2, "of the next attempt") with { Kind = NoteKind.Log };
        Assert.Equal(RowText.Of(later), await Replaced(later));
        // The run of an attempt that was taken over comes late.
        Assert.Equal(RowText.Of(later), await Replaced(Detail(id, 1, "late")));
        Assert.Equal("beside", (await Store.FindNoteAsync(id, 2, None))!.Value.Text);
        Assert.Null(await Store.FindNoteAsync(id, 3, None));
        Assert.Null(await Store.FindNoteAsync(await AcceptAsync(claim), 1, None));

        async Task<string> Replaced(JobNoteRow note)
        {
            await WriteAsync(claim, notes: [note]);
            await ReopenAsync();
            return RowText.Of((await Store.FindNoteAsync(id, 1, None))!.Value);
        }
    }

    [Fact]
    public async Task Of_notes_in_one_place_the_last_of_the_latest_attempt_stays()
    {
        var claim = await ClaimAsync();
        var (id, other) = (await AcceptAsync(claim), await AcceptAsync(claim));
        await WriteAsync(claim, notes: [Detail(id, 1, "a"), Detail(id, 1, "b"), Detail(other, 2, "d"), Detail(other, 1, "c")]);
        Assert.Equal("b", (await Store.FindNoteAsync(id, 1, None))!.Value.Text);
        Assert.Equal("d", (await Store.FindNoteAsync(other, 1, None))!.Value.Text);
        // Called one after the other, they are stored in that order, whatever shares a commit.
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => WriteAsync(claim, notes: [Detail(id, 1, $"call {i}")])));
        Assert.Equal("call 199", (await Store.FindNoteAsync(id, 1, None))!.Value.Text);
    }

    [Fact]
    public async Task A_former_owner_changes_no_note()
    {
        var former = await ClaimAsync();
        var id = await AcceptAsync(former);
        await WriteAsync(former, notes: [Detail(id, 1, "mine")]);
        var owner = await ClaimAsync(former.Key);
        Assert.Equal(WriteOutcome.Refused, await TryWriteAsync(former, notes: [Detail(id, 9, "zombie")]));
        Assert.Equal("mine", (await Store.FindNoteAsync(id, 1, None))!.Value.Text);
        await WriteAsync(owner, notes: [Detail(id, 1, "theirs")]);
        Assert.Equal("theirs", (await Store.FindNoteAsync(id, 1, None))!.Value.Text);
    }

    [Fact]
    public async Task Attempts_come_without_the_notes()
    {
        var claim = await ClaimAsync();
        var id = await AcceptAsync(claim);
        JobAttemptRow[] attempts = [new(id, 1, AttemptKind.Failed, Store.Now, Store.Now, Store.Now, "one", "One"), new(id, 2, AttemptKind.Started, Store.Now)];
        await WriteAsync(claim, attempts: attempts, notes: [Detail(id, 1, "said")]);
        Assert.Equal(attempts.Select(RowText.Of), (await Store.AttemptsAsync(id, None)).Select(RowText.Of));
        Assert.Empty(await Store.AttemptsAsync(await AcceptAsync(claim), None));
    }

    private static JobNoteRow Detail(JobId id, int attempt, string text, int number = 1) =>
        new(id, number, NoteKind.Detail, attempt, new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), text);
}
