using Hearth.Cluster;
using Hearth.Hosting;
using Hearth.Storage;

namespace Hearth.Engines;

/// <summary>
/// Runs the agent. Its thread beats whatever the thread pool does; the others' changes are listened for where the store tells them. The silo
/// joins before it starts anything, drains when it is told to stop, and leaves after everything else has stopped.
/// </summary>
internal sealed partial class Membership(
    SiloStore store, MembershipAgent agent, SiloAddress address, SiloIdentity self, TimeProvider clock, ILogger<Membership> logger)
    : IHostedLifecycleService, IAsyncDisposable
{
    private static readonly TimeSpan ListenAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(3);

    private readonly AutoResetEvent wake = new(initialState: false);
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task listening = Task.CompletedTask;
    private bool hasJoined;

    /// <summary>To be called when the store is open and the address is known.</summary>
    /// <exception cref="StartException">It cannot join; the message says what to change.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        var registration = new SiloRegistration(
            self.Id, self.Name, self.Pools, (int)self.Roles, address.Host, address.Port, address.CertificateSha256, HearthVersion.Text);
        await new SiloRegistrar(store.Silos!, clock, TcpProbe.IsRefusedAsync).JoinAsync(registration, cancellationToken);
        hasJoined = true;
        agent.Hurried += () => wake.Set();
        var first = agent.LookAsync();
        new Thread(Run) { IsBackground = true, Name = "membership" }.Start();
        listening = ListenAsync(stopping.Token);
        await first;
        if (agent.Current.Silos.Count == 0)
            throw new StoreUnavailableException("The table of silos could not be read right after this silo had joined: start it again.");
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => agent.LookAsync(); // tells where HTTP is served

    public async Task StoppingAsync(CancellationToken cancellationToken) =>
        await agent.LeavingAsync().WaitAsync(DrainMax, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => LeaveAsync();

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync(); // a start that failed after it had joined
        stopping.Dispose();
    }

    private async Task LeaveAsync()
    {
        if (!hasJoined)
            return;
        hasJoined = false;
        await stopping.CancelAsync();
        wake.Set();
        await ended.Task;
        await listening;
    }

    private void Run()
    {
        while (!stopping.IsCancellationRequested && !agent.IsOver)
        {
            agent.Beat();
            wake.WaitOne(agent.UntilNext);
        }

        agent.Leave();
        ended.TrySetResult();
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var version in store.Silos!.WatchAsync(cancellationToken))
                {
                    if (version > agent.Current.Version)
                        _ = agent.LookAsync();
                }

                return; // this store does not tell
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogDeaf(logger, e.Message); // heartbeats tell the same, a little later
            }

            await Task.Delay(ListenAgain, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Changes of the cluster are not heard of at once: {Reason}")]
    private static partial void LogDeaf(ILogger logger, string reason);
}
