using Hearth.Cli.Connecting;
using Hearth.Client;
using Spectre.Console;

namespace Hearth.Cli.Output;

/// <summary>Follows a job to its end on standard error: live where that can be drawn, else a line for each event.</summary>
internal static class Watch
{
    /// <summary>What leaves room for the bar.</summary>
    private const int TextMax = 40;

    public static async Task<Job> FollowAsync(Session session, string id, CancellationToken cancellationToken)
    {
        if (session.IsJson)
            return await session.Client.WaitAsync(id, cancellationToken: cancellationToken);
        // Whoever interrupts this knows where to go on; the job does anyway.
        session.Terminal.Say("job " + id);
        if (session.Terminal.IsLive)
            await DrawAsync(session, id, cancellationToken);
        else
            await PrintAsync(session, id, cancellationToken);
        return await session.Client.GetAsync(id, cancellationToken);
    }

    private static async Task PrintAsync(Session session, string id, CancellationToken cancellationToken)
    {
        await foreach (var told in session.Client.EventsAsync(id, cancellationToken: cancellationToken))
            session.Terminal.Say(EventText.Of(told));
    }

    private static Task DrawAsync(Session session, string id, CancellationToken cancellationToken) => session.Terminal.Error.Progress()
        .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
        .StartAsync(async drawn =>
        {
            var bar = drawn.AddTask(id);
            bar.IsIndeterminate = true;
            await foreach (var told in session.Client.EventsAsync(id, cancellationToken: cancellationToken))
                Draw(bar, told);
        });

    private static void Draw(ProgressTask bar, JobEvent told)
    {
        if (EventText.PercentOf(told) is { } percent)
        {
            bar.IsIndeterminate = false;
            bar.Value = percent;
        }

        if (told.Name is "state" or "attempt-failed" or "log" or "end")
            bar.Description = Markup.Escape(Shorten(Terminal.Plain(EventText.What(told)).ReplaceLineEndings(" ")));
        if (!told.IsEnd)
            return;
        bar.IsIndeterminate = false;
        bar.Value = bar.MaxValue;
        bar.StopTask();
    }

    private static string Shorten(string text) => text.Length <= TextMax ? text : string.Concat(text.AsSpan(0, TextMax - 1), "…");
}
