using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Hearth.Executables;

/// <summary>
/// The process beside a silo that runs its executables (<c>Hearth.Silo supervise FOLDER</c>), so that they end with the silo even
/// when it is killed. It listens on a socket in a folder of the silo's; its standard input is the silo's lifeline.
/// </summary>
internal static class Supervisor
{
    public const string Command = "supervise";
    public const string SocketName = "runs";
    public const string Ready = "ready";

    /// <summary>Runs at once; the silo's own limits are far lower.</summary>
    private const int RunsMax = 2048;

    private static readonly SemaphoreSlim Room = new(RunsMax);

    /// <summary>Serves until the lifeline ends.</summary>
    public static async Task<int> RunAsync(string folder)
    {
        using var ignored = new SignalShield();
        if (OperatingSystem.IsLinux())
        {
            Posix.KeepDescriptors();
            Posix.BecomeSubreaper();
        }

        IRunLauncher launcher = OperatingSystem.IsLinux() ? new LinuxLauncher() : new PortableLauncher();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, SocketName)));
        listener.Listen();
        using var lifeline = new Lifeline(Console.OpenStandardInput());
        _ = AcceptAsync(listener, launcher);
        await Console.Out.WriteLineAsync(Ready);
        await lifeline.Ended;
        launcher.EndAll();
        PrivateFolder.Remove(folder);
        return 0;
    }

    private static async Task AcceptAsync(Socket listener, IRunLauncher launcher)
    {
        while (true)
        {
            await Room.WaitAsync();
            var socket = await listener.AcceptAsync();
            _ = ServeAsync(socket, launcher);
        }
    }

    private static async Task ServeAsync(Socket socket, IRunLauncher launcher)
    {
        try
        {
            await using var connection = new FrameStream(new NetworkStream(socket, ownsSocket: true));
            if (PeerUser.IsOurs(socket))
                await new RunSession(connection, launcher).ServeAsync();
        }
        catch (Exception e) when (e is IOException or SocketException or JsonException or ObjectDisposedException)
        {
            // One run's connection; the silo sees it close.
            await Console.Error.WriteLineAsync($"A run's connection ended: {e.Message}");
        }
        finally
        {
            Room.Release();
        }
    }

    /// <summary>
    /// Ctrl+C and service managers signal whole groups; the silo drains first, and then the supervisor ends by its lifeline.
    /// </summary>
    private sealed class SignalShield : IDisposable
    {
        private readonly List<PosixSignalRegistration> registrations =
        [
            .. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
                .Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true)),
        ];

        public void Dispose() => registrations.ForEach(registration => registration.Dispose());
    }
}
