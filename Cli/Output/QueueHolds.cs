using System.Globalization;
using Hearth.Client;
using Spectre.Console.Rendering;

namespace Hearth.Cli.Output;

/// <summary>What holds back a queue's jobs, as rows of what is shown of it.</summary>
internal static class QueueHolds
{
    public static IEnumerable<(string Name, IRenderable Value)> Rows(QueueInfo queue)
    {
        if (queue.BackOff is { } backOff)
        {
            if (backOff.Until is { } until)
                yield return ("back-off", Tables.Cell(Waits("all jobs", until, backOff.Since)));
            foreach (var key in backOff.Keys)
                yield return ("back-off", Tables.Cell(Waits(key.Key is null ? "jobs without a key" : "key " + key.Key, key.Until, key.Since)));
            if (backOff.KeysHeld > backOff.Keys.Count)
                yield return ("back-off", Tables.Cell(FormattableString.Invariant($"and {backOff.KeysHeld - backOff.Keys.Count} more keys")));
        }

        if (queue.Breaker is { } breaker)
            yield return ("breaker", Tables.Cell(Said(breaker)));
    }

    private static string Waits(string who, DateTimeOffset until, DateTimeOffset? since) =>
        $"{who} until {Tables.Time(until)}, since {(since is { } at ? Tables.Time(at) : "?")}";

    private static string Said(BreakerInfo breaker) => breaker.State switch
    {
        "open" => $"open since {Tables.Time(breaker.Since)}{Failed(breaker)}; next probe {(breaker.NextProbe is { } at ? Tables.Time(at) : "now")}",
        "halfOpen" => string.Create(CultureInfo.InvariantCulture, $"half open since {Tables.Time(breaker.Since)}; {breaker.Probes} probes run"),
        _ => "closed" + Failed(breaker),
    };

    private static string Failed(BreakerInfo breaker) => breaker.Failures is { } count ? string.Create(CultureInfo.InvariantCulture, $", {count} attempts failed") : "";
}
