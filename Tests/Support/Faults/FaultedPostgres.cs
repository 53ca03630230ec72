using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hearth.Tests.Support.Faults;

/// <summary>
/// A PostgreSQL server whose data lies where the test wants it, to be killed and started again on the same port. As root it runs as the user
/// postgres, because PostgreSQL refuses root. Needs <see cref="Need.Postgres"/>.
/// </summary>
public sealed partial class FaultedPostgres : IAsyncDisposable
{
    private readonly string data;
    private readonly IReadOnlyDictionary<string, string> environment;
    private readonly IReadOnlyList<string> settings;
    private readonly StringBuilder log = new();

    private FaultedPostgres(string data, IReadOnlyDictionary<string, string>? environment, IReadOnlyList<string> settings)
    {
        this.data = data;
        this.environment = environment ?? new Dictionary<string, string>(StringComparer.Ordinal);
        this.settings = settings;
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        Port = ((IPEndPoint)free.LocalEndpoint).Port;
    }

    /// <summary>The folder of the server programs of the newest version, or null where none is installed.</summary>
    public static string? Programs { get; } = (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
        .OrderByDescending(f => int.TryParse(Path.GetFileName(f), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0)
        .Select(f => Path.Combine(f, "bin")).FirstOrDefault(f => File.Exists(Path.Combine(f, "initdb")) && File.Exists(Path.Combine(f, "postgres")));

    public int Port { get; }

    /// <summary>For Npgsql, straight to the server; another port goes through a proxy.</summary>
    public string ConnectionString => ConnectionStringAt(Port);

    /// <summary>Everything that all its starts printed.</summary>
    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    /// <summary>Makes a new database in a folder that is not there yet, and starts it.</summary>
    /// <param name="data">The data folder, on a <see cref="FaultDisk"/> for instance.</param>
    /// <param name="environment">Added to the server's environment, for a preloaded library.</param>
    /// <param name="settings">As in postgresql.conf: <c>synchronous_commit=off</c>.</param>
    public static async Task<FaultedPostgres> CreateAsync(
        string data, IReadOnlyDictionary<string, string>? environment = null, params string[] settings)
    {
        Directory.CreateDirectory(data);
        if (Environment.IsPrivilegedProcess)
            Command.Must("chown", "postgres:", data);
        var (program, arguments) = AsServerUser("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C");
        Command.Must(program, arguments);
        Command.Must("sync", "-f", data);
        var postgres = new FaultedPostgres(data, environment, settings);
        await postgres.StartAsync();
        EngineTables.Make(postgres.ConnectionString);
        return postgres;
    }

    /// <summary>A hot standby of a server that runs, streaming from it, on a folder that is not there yet.</summary>
    /// <param name="primary">The server.</param>
    /// <param name="port">Where the standby finds it; that of a proxy to stand between.</param>
    /// <param name="data">The standby's data folder.</param>
    public static async Task<FaultedPostgres> CreateStandbyAsync(FaultedPostgres primary, int port, string data)
    {
        ArgumentNullException.ThrowIfNull(primary);
        Directory.CreateDirectory(data);
        if (Environment.IsPrivilegedProcess)
            Command.Must("chown", "postgres:", data);
        var (program, arguments) = AsServerUser(
            "pg_basebackup", "-D", data, "-h", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-R", "-X", "stream", "-c", "fast");
        Command.Must(program, arguments);
        Command.Must("chmod", "700", data);
        var standby = new FaultedPostgres(data, primary.environment, primary.settings);
        await standby.StartAsync();
        return standby;
    }

    /// <param name="port">Its port, where the host does not say it.</param>
    /// <param name="host">One, or several by commas, each with its port.</param>
    public static string ConnectionStringAt(int port, string host = "127.0.0.1") =>
        string.Create(CultureInfo.InvariantCulture, $"Host={host};Port={port};Username=postgres;Database=postgres;SSL Mode=Disable");

    /// <summary>Its data and all that was ever stored there are gone.</summary>
    public async Task DestroyAsync()
    {
        await KillAsync();
        Directory.Delete(data, recursive: true);
    }

    /// <summary>Waits until its log has a text.</summary>
    public async Task LogsAsync(string text, TimeSpan within)
    {
        var clock = TimeProvider.System;
        for (var start = clock.GetTimestamp(); !Log.Contains(text, StringComparison.Ordinal); await Task.Delay(TimeSpan.FromMilliseconds(50), clock))
        {
            if (clock.GetElapsedTime(start) > within)
                Assert.Fail($"PostgreSQL did not log \"{text}\" within {within}: {Log}");
        }
    }

    private static (string Program, string[] Arguments) AsServerUser(string program, params string[] arguments)
    {
        program = Path.Combine(Programs!, program);
        return Environment.IsPrivilegedProcess
            ? ("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, .. arguments])
            : (program, arguments);
    }
}
