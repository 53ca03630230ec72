using System.Net;
using System.Net.Sockets;
using Hearth.Hosting;
using Orleans.Runtime;

namespace Hearth.Engines;

/// <summary>
/// Two silos of one name could not be told apart. A former start that was killed does not count: nobody listens where it did, and Orleans finds
/// out by itself that it is dead.
/// </summary>
internal sealed class NameCheck(IMembershipTable table, SiloIdentity self, TimeProvider clock)
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(1);

    /// <exception cref="StartException">Another silo lives that has the name.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await table.InitializeMembershipTable(tryInitTableVersion: true);
        foreach (var (member, _) in (await table.ReadAll()).Members)
        {
            if (member.Status is SiloStatus.Active or SiloStatus.Joining && SiloIds.NameIn(member.SiloName) == self.Name
                && await AnswersAsync(member.SiloAddress.Endpoint, cancellationToken))
            {
                throw new StartException(
                    $"a silo named '{self.Name}' is in the cluster and lives ({member.SiloName} on {member.SiloAddress.Endpoint}). "
                    + "Stop that one, or give this one another name: --name NAME.");
            }
        }
    }

    private async Task<bool> AnswersAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(AnswerMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(endpoint, either.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false; // its machine is gone
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
