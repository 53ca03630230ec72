using System.CommandLine;
using System.Globalization;
using Hearth.Cli.Connecting;
using Hearth.Cli.Output;
using Hearth.Client;

namespace Hearth.Cli.Commands;

/// <summary><c>hearth status</c>.</summary>
internal sealed class StatusCommand : Command
{
    public StatusCommand(ConnectionOptions connection)
        : base("status", "Tells whether the silo can serve, who is in its cluster, and what waits; fails when it cannot.")
    {
        SetAction((parsed, cancellationToken) => Session.RunAsync(connection, parsed, async (session, token) =>
        {
            var health = await session.Client.GetHealthAsync(token);
            var silos = await session.Client.ListSilosAsync(token);
            // A silo that is not ready may have no store to count in.
            var queues = health.CanServe ? await session.Client.ListQueuesAsync(token) : [];
            if (session.IsJson)
                JsonOut.Print(new StatusDocument(session.Url.ToString(), health.Status, health.Reasons, silos, queues));
            else
                Print(session, health, silos, queues);
            return health.CanServe ? ExitCode.Done : ExitCode.Failed;
        }, cancellationToken));
    }

    private static void Print(Session session, HealthInfo health, IReadOnlyList<SiloInfo> silos, IReadOnlyList<QueueInfo> queues) => Tables.Print(
        session.Terminal,
        [
            ("silo", Tables.Cell(session.Url.ToString())),
            ("status", Tables.Cell(health.Status)),
            ("", Tables.Value(string.Join('\n', health.Reasons))),
            ("version", Tables.Value(silos.FirstOrDefault(s => s.IsSelf)?.Version)),
            ("silos", Tables.Cell(string.Join(", ", silos.Select(s => s.Status == "active" ? s.Name : $"{s.Name} ({s.Status})")))),
            ("running", Tables.Cell(silos.Sum(s => s.Load.Running))),
            ("queues", Tables.Cell(queues.Count)),
            ("open jobs", Tables.Cell(string.Create(
                CultureInfo.InvariantCulture, $"{queues.Sum(q => q.Open ?? 0)}: {queues.Sum(q => q.Ready ?? 0)} ready, {queues.Sum(q => q.Running ?? 0)} running, {queues.Sum(q => q.Retrying ?? 0)} retrying, {queues.Sum(q => q.Scheduled ?? 0)} scheduled"))),
        ]);

    private sealed record StatusDocument(string Url, string Status, IReadOnlyList<string> Reasons, IReadOnlyList<SiloInfo> Silos, IReadOnlyList<QueueInfo> Queues);
}
