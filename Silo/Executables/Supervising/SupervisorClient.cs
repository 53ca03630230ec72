using System.Net.Sockets;

namespace Hearth.Executables;

/// <summary>The one supervisor of this silo: started at the first run, and again at the next run after it died.</summary>
/// <param name="leaseStands">Whether this silo may run anything; when it says no for 4 s, all runs end.</param>
/// <param name="log">Takes the supervisor's own messages.</param>
internal sealed class SupervisorClient(Func<bool> leaseStands, Action<string> log) : IAsyncDisposable
{
    private const int TriesMax = 3;

    private readonly SemaphoreSlim gate = new(1);
    private SupervisorProcess? current;

    /// <summary>The supervisor's process, for tests and diagnostics; null before the first run.</summary>
    public int? ProcessId => current?.ProcessId;

    /// <summary>A connection for one run, and the supervisor that it leads to.</summary>
    /// <exception cref="IOException">No supervisor can be started.</exception>
    public async Task<(SupervisorProcess Supervisor, FrameStream Connection)> ConnectAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var supervisor = await StartedAsync(cancellationToken);
            try
            {
                return (supervisor, await supervisor.ConnectAsync(cancellationToken));
            }
            catch (SocketException e) when (attempt < TriesMax)
            {
                // It died since the last look: the kernel refuses the connection before the process is reported gone.
                log($"The supervisor cannot be reached ({e.Message}); another is started.");
                await ForgetAsync(supervisor);
            }
            catch (SocketException e)
            {
                throw new IOException($"The supervisor of executables cannot be reached: {e.Message}", e);
            }
        }
    }

    /// <summary>Ends the supervisor and so all runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (current is { } supervisor)
            await ForgetAsync(supervisor);
        gate.Dispose();
    }

    /// <summary>Lets go of a supervisor that has ended, with all that it left.</summary>
    public async Task ForgetAsync(SupervisorProcess supervisor)
    {
        await gate.WaitAsync();
        try
        {
            if (current != supervisor)
                return;
            current = null;
            await supervisor.DisposeAsync();
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<SupervisorProcess> StartedAsync(CancellationToken cancellationToken)
    {
        if (current is { HasEnded: false } alive)
            return alive;
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (current is { HasEnded: false } started)
                return started;
            if (current is { } dead)
                await dead.DisposeAsync();
            current = null;
            return current = await SupervisorProcess.StartAsync(leaseStands, log);
        }
        finally
        {
            gate.Release();
        }
    }
}
