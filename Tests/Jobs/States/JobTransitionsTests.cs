using System.Text.RegularExpressions;
using Hearth.Jobs;

namespace Hearth.Tests.Jobs.States;

/// <summary>The table is small: every state and event is tried.</summary>
public sealed partial class JobTransitionsTests
{
    private static readonly JobState[] States = Enum.GetValues<JobState>();
    private static readonly JobEvent[] Events = Enum.GetValues<JobEvent>();

    private static IEnumerable<(JobState From, JobEvent Event, JobState To)> Table =>
        from state in States
        from happened in Events
        let next = JobTransitions.Next(state, happened)
        where next is not null
        select (state, happened, next.Value);

    [Fact]
    public void An_ended_job_goes_nowhere() => Assert.DoesNotContain(Table, row => row.From.HasEnded());

    [Fact]
    public void From_every_open_state_a_job_can_reach_every_end()
    {
        foreach (var state in States.Where(s => !s.HasEnded()))
            Assert.Equal([JobState.Succeeded, JobState.Failed, JobState.Cancelled], Reached(state).Where(s => s.HasEnded()).Order());
    }

    [Fact]
    public void Every_open_state_can_be_reached_and_none_twice_in_a_row()
    {
        Assert.Equal(States, Reached(JobState.Scheduled).Append(JobState.Scheduled).Distinct().Order());
        Assert.DoesNotContain(Table, row => row.From == row.To);
    }

    [Fact]
    public void Whatever_is_open_can_be_cancelled() => Assert.All(
        States.Where(s => !s.HasEnded()), state => Assert.Equal(JobState.Cancelled, JobTransitions.Next(state, JobEvent.Cancelled)));

    [Fact]
    public void Only_what_runs_can_succeed_or_fail_by_itself()
    {
        JobEvent[] ofRuns = [JobEvent.Succeeded, JobEvent.FailedForNow, JobEvent.FailedForGood, JobEvent.Returned, JobEvent.Snoozed, JobEvent.Discarded];
        Assert.All(Table.Where(row => ofRuns.Contains(row.Event)), row => Assert.Equal(JobState.Running, row.From));
    }

    [Fact]
    public void Only_what_has_not_started_expires() => Assert.All(
        Table.Where(row => row.Event == JobEvent.Expired), row => Assert.True(row.From is JobState.Scheduled or JobState.Ready && row.To == JobState.Cancelled));

    [Fact]
    public void Every_event_can_happen() => Assert.Equal(Events, Table.Select(row => row.Event).Distinct().Order());

    [Fact]
    public void The_order_of_events_never_lets_an_end_change()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var i = 0; i < 20_000; i++)
        {
            var state = JobState.Scheduled;
            JobState? end = null;
            for (var step = 0; step < 40; step++)
            {
                state = JobTransitions.Next(state, Events[random.Next(Events.Length)]) ?? state;
                Assert.True(end is null || end == state, $"seed {seed}");
                end ??= state.HasEnded() ? state : null;
            }
        }
    }

    [Fact]
    public void The_table_that_is_drawn_is_the_one_that_is_coded()
    {
        var drawn = Arrow().Matches(File.ReadAllText(Path.Combine(Root(), "docs", "reference", "jobs.md")))
            .Select(m => (State(m.Groups["from"].Value), State(m.Groups["to"].Value)))
            .ToList();
        Assert.Equal(Table.Select(row => (row.From, row.To)).Distinct().Order(), drawn.Order());

        static JobState State(string name) => Enum.Parse<JobState>(name, ignoreCase: true);
    }

    private static HashSet<JobState> Reached(JobState from)
    {
        var reached = new HashSet<JobState>();
        var next = new Stack<JobState>([from]);
        while (next.TryPop(out var state))
        {
            foreach (var row in Table.Where(row => row.From == state && reached.Add(row.To)))
                next.Push(row.To);
        }

        return reached;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }

    /// <summary>Lines of the state diagram, such as <c>ready --> running: leased</c>.</summary>
    [GeneratedRegex(@"^ +(?<from>\w+) --> (?<to>\w+):", RegexOptions.NonBacktracking | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Arrow();
}
