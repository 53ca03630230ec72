using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Hearth.Tests.Support;

/// <summary>
/// A PostgreSQL server of this test run alone: made in a temporary folder, on a free port of the loopback, with the settings of production,
/// and gone with the process.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    private static readonly Lazy<string?> Programs = new(FindPrograms);
    private static readonly Lazy<PostgresServer> Instance = new(() => new PostgresServer());
    private static int databases;

    private readonly TempFolder folder = new();

    /// <summary>Starts a server.</summary>
    /// <param name="settings">Lines of its configuration, beside the usual ones.</param>
    public PostgresServer(params ReadOnlySpan<string> settings)
    {
        Port = FreePort();
        if (Environment.IsPrivilegedProcess)
            Run("chown", "postgres", folder.Path);
        RunAsServer("initdb", "-D", Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        File.AppendAllLines(Path.Combine(Data, "postgresql.conf"),
        [
            $"port = {Port}", "listen_addresses = '127.0.0.1'", $"unix_socket_directories = '{folder.Path}'", "max_connections = 200",
            "shared_buffers = 128MB", "max_wal_size = 4GB", .. settings,
        ]);
        Start();
        EngineTables.Make(ConnectionString("template1"));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    /// <summary>Shared by the tests; started by the first that asks.</summary>
    public static PostgresServer Shared => Instance.Value;

    /// <summary>Why there can be none here; null: there can.</summary>
    public static string? Missing => Programs.Value is null
        ? "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        : null;

    public int Port { get; }

    /// <summary>Where its files are.</summary>
    public string Data => folder["data"];

    /// <summary>A new database, empty or like another one.</summary>
    /// <returns>Its connection string.</returns>
    public string NewDatabase(string template = EngineTables.Template)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Environment.ProcessId}_{Interlocked.Increment(ref databases)}");
        Execute(ConnectionString("postgres"), $"CREATE DATABASE {name} TEMPLATE {template}");
        return ConnectionString(name);
    }

    public string ConnectionString(string database, string user = "postgres") =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username={user};Database={database}");

    public static void Execute(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    public static T Ask<T>(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return (T)command.ExecuteScalar()!;
    }

    public void Start() => RunAsServer("pg_ctl", "-D", Data, "-l", folder["log"], "-w", "start");

    /// <summary>Stops at once; the next start recovers, as after a crash.</summary>
    public void Crash() => RunAsServer("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    public void Dispose()
    {
        if (!Directory.Exists(Data))
            return;
        try
        {
            Crash();
        }
        catch (InvalidOperationException)
        {
            // It has stopped already.
        }

        folder.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Runs a program of PostgreSQL's; as the user postgres when this process is root, whom it refuses.</summary>
    public static string RunAsServer(string program, params ReadOnlySpan<string> arguments)
    {
        var path = Path.Combine(Programs.Value!, program);
        return Environment.IsPrivilegedProcess
            ? Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments])
            : Run(path, arguments);
    }

    private static string Run(string program, params ReadOnlySpan<string> arguments)
    {
        // A server that is started inherits the pipes: they would never end.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "\"$@\" </dev/null >\"$0\" 2>&1"])
        {
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        using var output = new TempFolder();
        start.ArgumentList.Add(output["output"]);
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        process.WaitForExit();
        var said = File.ReadAllText(output["output"]);
        return process.ExitCode == 0
            ? said
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {said}");
    }

    private static string? FindPrograms()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).OrderDescending()
            : Enumerable.Empty<string>();
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return debian.Concat(onPath).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
    }
}

/// <summary>A fact where PostgreSQL is installed; elsewhere skipped with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresServer.Missing!;
}

/// <summary>A theory where PostgreSQL is installed; elsewhere skipped with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresTheoryAttribute : TheoryAttribute
{
    public PostgresTheoryAttribute() => Skip = PostgresServer.Missing!;
}
