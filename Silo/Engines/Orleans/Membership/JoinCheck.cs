using System.Net;
using System.Net.Sockets;
using Hearth.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Hearth.Engines;

/// <summary>
/// Looks who is in the cluster before Orleans enters it. (1) Two silos of one name could not be told apart. (2) A former start of this silo that
/// was killed is declared dead at once, so that it can start again at once. (3) Other members that died a moment ago, all of them, are waited for
/// until they count as silent: a silo that joins must reach all members, and Orleans looks only at the beginning which of them are silent. As soon
/// as one shows that it lives, nothing has to be waited for: it finds out about the others.
/// </summary>
internal sealed class JoinCheck(
    IMembershipTable table, SiloIdentity self, IOptions<ClusterMembershipOptions> options,
    [FromKeyedServices(TimeProviderNames.Membership)] TimeProvider clock)
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private enum Door
    {
        /// <summary>Somebody listens.</summary>
        Open,

        /// <summary>Nobody listens: the process has gone.</summary>
        Closed,

        /// <summary>Nobody can be asked.</summary>
        Silent,
    }

    /// <exception cref="StartException">Another silo lives that has the name.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await table.InitializeMembershipTable(tryInitTableVersion: true);
        foreach (var former in (await MembersAsync()).Where(member => SiloIds.NameIn(member.SiloName) == self.Name))
            await TakeNameOfAsync(former, cancellationToken);
        await SomebodyLivesOrAllAreSilentAsync(cancellationToken);
    }

    private async Task TakeNameOfAsync(MembershipEntry former, CancellationToken cancellationToken)
    {
        switch (await TryAsync(former.SiloAddress.Endpoint, cancellationToken))
        {
            case Door.Open:
                throw new StartException(
                    $"a silo named '{self.Name}' is in the cluster and lives ({former.SiloName} on {former.SiloAddress.Endpoint}). "
                    + "Stop that one, or give this one another name: --name NAME.");
            case Door.Closed:
                await DeclareDeadAsync(former.SiloAddress);
                break;
        }
    }

    private async Task DeclareDeadAsync(SiloAddress silo)
    {
        while (true)
        {
            var read = await table.ReadRow(silo);
            if (read.TryGet(silo) is not var (entry, etag) || entry.Status == SiloStatus.Dead)
                return;
            entry.Status = SiloStatus.Dead;
            if (await table.UpdateRow(entry, etag, read.Version.Next()))
                return;
        }
    }

    private async Task SomebodyLivesOrAllAreSilentAsync(CancellationToken cancellationToken)
    {
        var silence = options.Value.IAmAliveTablePublishTimeout * options.Value.NumMissedTableIAmAliveLimit;
        var before = new Dictionary<SiloAddress, DateTime>();
        while (true)
        {
            var recent = (await MembersAsync()).Where(member => member.Status == SiloStatus.Active && clock.GetUtcNow().UtcDateTime - LastSign(member) <= silence).ToList();
            if (recent.Count == 0 || recent.Exists(member => before.TryGetValue(member.SiloAddress, out var sign) && sign < LastSign(member)))
                return;
            foreach (var member in recent)
                before.TryAdd(member.SiloAddress, LastSign(member));
            await Task.Delay(LookEvery, clock, cancellationToken);
        }
    }

    private async Task<IEnumerable<MembershipEntry>> MembersAsync() =>
        (await table.ReadAll()).Members.Select(row => row.Item1).Where(member => member.Status is SiloStatus.Active or SiloStatus.Joining);

    private static DateTime LastSign(MembershipEntry member) =>
        member.IAmAliveTime > member.StartTime ? member.IAmAliveTime : member.StartTime;

    private async Task<Door> TryAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(AnswerMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(endpoint, either.Token);
            return Door.Open;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused ? Door.Closed : Door.Silent;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Door.Silent; // its machine is gone
        }
    }
}

/// <summary>The ids that silos have in Orleans' membership, as its silo names.</summary>
internal static class SiloIds
{
    private const int SuffixLength = 13;

    /// <summary>The name in an id of the form <c>{name}.{12 hexadecimal digits}</c>.</summary>
    public static string NameIn(string id) => id.Length > SuffixLength ? id[..^SuffixLength] : id;
}
