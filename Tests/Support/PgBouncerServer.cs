using System.Diagnostics;
using System.Net.Sockets;

namespace Hearth.Tests.Support;

/// <summary>PgBouncer in transaction mode before a server of this test run.</summary>
public sealed class PgBouncerServer : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly Process process;

    public PgBouncerServer(PostgresServer server)
    {
        Port = PostgresServer.FreePort();
        File.WriteAllText(folder["users"], "\"postgres\" \"\"\n");
        File.WriteAllText(folder["pgbouncer.ini"], $"""
            [databases]
            * = host=127.0.0.1 port={server.Port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {Port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {folder["users"]}
            pool_mode = transaction
            default_pool_size = 10
            logfile = {folder["log"]}
            """);
        if (Environment.IsPrivilegedProcess)
            Process.Start("chown", ["-R", "postgres", folder.Path]).WaitForExit();
        process = Environment.IsPrivilegedProcess
            ? Process.Start(Quiet("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", Program!, folder["pgbouncer.ini"]))!
            : Process.Start(Quiet(Program!, folder["pgbouncer.ini"]))!;
        for (var tries = 0; !IsListening(); tries++)
        {
            if (tries > 200 || process.HasExited)
                throw new InvalidOperationException("PgBouncer did not start: " + (File.Exists(folder["log"]) ? File.ReadAllText(folder["log"]) : ""));
        }
    }

    /// <summary>Why there can be none here; null: there can.</summary>
    public static string? Missing => PostgresServer.Missing
        ?? (Program is null ? "PgBouncer is not installed (Debian: apt-get install pgbouncer)" : null);

    public int Port { get; }

    private static string? Program { get; } =
        ((Environment.GetEnvironmentVariable("PATH") ?? "") + Path.PathSeparator + "/usr/sbin").Split(Path.PathSeparator)
            .Select(path => Path.Combine(path, "pgbouncer")).FirstOrDefault(File.Exists);

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        folder.Dispose();
    }

    private static ProcessStartInfo Quiet(string program, params IEnumerable<string> arguments) => new(program, arguments)
    {
        UseShellExecute = false,
        WorkingDirectory = "/",
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    };

    private bool IsListening()
    {
        using var client = new TcpClient();
        try
        {
            client.Connect("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            process.WaitForExit(TimeSpan.FromMilliseconds(25));
            return false;
        }
    }
}

/// <summary>A fact where PgBouncer and PostgreSQL are installed; elsewhere skipped with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PgBouncerFactAttribute : FactAttribute
{
    public PgBouncerFactAttribute() => Skip = PgBouncerServer.Missing!;
}
