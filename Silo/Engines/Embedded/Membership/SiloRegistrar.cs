using System.Net.Sockets;
using Hearth.Hosting;
using Hearth.Storage;

namespace Hearth.Engines;

/// <summary>
/// Brings a silo into the table. A name that a living silo has is refused, but not because of a former start that was killed: its renewals
/// stop, and nobody listens any more.
/// </summary>
internal sealed class SiloRegistrar(ISiloTable table, TimeProvider clock, ConnectionProbe isRefused)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    /// <summary>The table's own bound on an answer is short, for leases: a start has more time.</summary>
    private static readonly TimeSpan AwayMax = TimeSpan.FromSeconds(15);

    /// <exception cref="StartException">Another silo lives that has the name.</exception>
    /// <exception cref="StoreUnavailableException">The table could not be reached for 15 s.</exception>
    public async Task JoinAsync(SiloRegistration silo, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        SiloHolder? first = null;
        string? superseded = null;
        while (await RegisterAsync(silo, superseded, start, cancellationToken) is { } holder)
        {
            first ??= holder;
            if (holder.Id != first.Id || holder.RenewedAt != first.RenewedAt)
                throw Taken(silo, holder);
            // Who has not renewed for as long as we have watched, a lease, is dead by the rule for everybody.
            if (clock.GetElapsedTime(start) > SiloLease.Length || await IsDownAsync(holder, cancellationToken))
                superseded = holder.Id;
            else
                await Task.Delay(LookAgain, clock, cancellationToken);
        }
    }

    /// <summary>Again where it is not known to have succeeded: repeating it changes nothing.</summary>
    private async Task<SiloHolder?> RegisterAsync(SiloRegistration silo, string? superseded, long start, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await Task.Run(() => table.Register(silo, superseded), cancellationToken);
            }
            catch (StoreUnavailableException) when (clock.GetElapsedTime(start) < AwayMax)
            {
                await Task.Delay(LookAgain, clock, cancellationToken);
            }
        }
    }

    private async Task<bool> IsDownAsync(SiloHolder holder, CancellationToken cancellationToken) =>
        holder.Age.Duration() > SiloLease.EarlyDeathAfter && await isRefused(holder.Host, holder.Port, cancellationToken);

    private static StartException Taken(SiloRegistration silo, SiloHolder holder) => new(
        $"a silo named '{silo.Name}' is in the cluster and lives ({holder.Id}{(holder.Http is null ? "" : " on " + holder.Http)}). "
        + "Stop that one, or give this one another name: --name NAME.");
}

/// <summary>Whether a connection to an address is refused: the machine answers, and nobody listens.</summary>
internal delegate Task<bool> ConnectionProbe(string host, int port, CancellationToken cancellationToken);

internal static class TcpProbe
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(1);

    public static async Task<bool> IsRefusedAsync(string host, int port, CancellationToken cancellationToken)
    {
        if (port == 0)
            return true; // it never listened
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(AnswerMax);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, patience.Token);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
