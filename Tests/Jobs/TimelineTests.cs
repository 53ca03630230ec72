using Hearth.Jobs;
using Hearth.Storage;

namespace Hearth.Tests.Jobs;

/// <summary>A job's life, put together from its rows.</summary>
public sealed class TimelineTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly JobId Id = JobId.Create(Start.ToUnixTimeMilliseconds(), 1, 1, 1);

    [Fact]
    public void A_job_that_succeeds_at_once_waited_for_a_slot_and_ran() => Is(
        ["queued 0-2", "attempt 1 2-5 succeeded"],
        new JobView(Id, "f", JobState.Succeeded) { Attempt = 1, StartedAt = At(2), EndedAt = At(5) });

    [Fact]
    public void Attempts_that_failed_and_snoozed_are_told_with_their_waits() => Is(
        ["queued 0-1", "attempt 1 1-2 failed", "retrying 2-4 due 3", "attempt 2 4-5 snoozed", "snoozing 5-61 due 60", "attempt 3 61-62 failed"],
        new JobView(Id, "f", JobState.Failed) { Attempt = 3, StartedAt = At(61), EndedAt = At(62), Error = "no" },
        new JobAttemptRow(Id, 1, AttemptKind.Failed, At(2), At(1), At(3), "no"), new JobAttemptRow(Id, 2, AttemptKind.Returned, At(5), At(4), At(60)));

    [Fact]
    public void A_job_waits_first_for_its_time() => Is(
        ["scheduled 0- due 30"], new JobView(Id, "f", JobState.Scheduled) { DueAt = At(30) });

    [Fact]
    public void A_job_that_was_cancelled_before_it_started_only_waited() => Is(
        ["scheduled 0-7 due 30"], new JobView(Id, "f", JobState.Cancelled) { DueAt = At(30), EndedAt = At(7) });

    [Fact]
    public void A_job_that_was_cancelled_between_two_attempts_ends_with_a_wait() => Is(
        ["attempt 1 0-2 failed", "retrying 2-3 due 9"], new JobView(Id, "f", JobState.Cancelled) { Attempt = 1, EndedAt = At(3) },
        new JobAttemptRow(Id, 1, AttemptKind.Failed, At(2), At(0), At(9)));

    [Fact]
    public void A_running_attempt_is_told_with_its_silo() => Is(
        ["attempt 1 0-1 returned", "returned 1-3", "attempt 2 3- running on here"], new JobView(Id, "f", JobState.Running) { Attempt = 2, StartedAt = At(3) },
        new JobAttemptRow(Id, 1, AttemptKind.Returned, At(1), At(0)));

    [Fact]
    public void An_attempt_whose_silo_died_is_lost_whether_a_row_tells_of_it_or_not() => Is(
        ["attempt 1 - lost", "queued 0-9", "attempt 2 9- lost", "attempt 3 20-21 succeeded"],
        new JobView(Id, "f", JobState.Succeeded) { Attempt = 3, StartedAt = At(20), EndedAt = At(21) },
        new JobAttemptRow(Id, 2, AttemptKind.Started, At(9)), new JobAttemptRow(Id, 3, AttemptKind.Started, At(20)));

    private static void Is(string[] expected, JobView job, params JobAttemptRow[] rows) =>
        Assert.Equal(expected, new TimelineSteps(job, rows, null, "here", At(100)).Read().Select(Text));

    private static DateTimeOffset At(int second) => Start.AddSeconds(second);

    private static string Text(TimelineStep step) => FormattableString.Invariant(
        $"{Name(step.Kind)}{(step.Attempt is { } attempt ? $" {attempt}" : "")} {Second(step.From)}-{Second(step.To)}{(step.DueAt is { } due ? " due " + Second(due) : "")}{(step.End is { } end ? " " + Name(end) : "")}{(step.Silo is { } silo ? " on " + silo : "")}");

    private static string Second(DateTimeOffset? time) => time is { } at ? FormattableString.Invariant($"{(at - Start).TotalSeconds}") : "";

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
