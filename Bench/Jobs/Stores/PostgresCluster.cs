using System.Diagnostics;
using System.Globalization;

namespace Hearth.Bench.Jobs;

/// <summary>A PostgreSQL server of this run alone, with the settings under which the peers were measured; gone afterwards.</summary>
internal sealed class PostgresCluster : IDisposable
{
    private readonly TempFolder folder = new();

    public PostgresCluster()
    {
        var port = Servers.FreePort();
        // The server refuses root.
        if (Environment.IsPrivilegedProcess)
            Run("chown", "postgres", folder["."]);
        RunAsServer("initdb", "-D", folder["data"], "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8");
        File.AppendAllLines(
            Path.Combine(folder["data"], "postgresql.conf"),
            [
                string.Create(CultureInfo.InvariantCulture, $"port = {port}"), "listen_addresses = '127.0.0.1'",
                $"unix_socket_directories = '{folder["."]}'", "fsync = on", "synchronous_commit = on", "full_page_writes = on",
                "max_wal_size = 4GB", "shared_buffers = 512MB",
            ]);
        RunAsServer("pg_ctl", "-D", folder["data"], "-l", folder["log"], "-w", "start");
        ConnectionString = string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres");
        Servers.Add(this);
    }

    public string ConnectionString { get; }

    /// <summary>Where a program of PostgreSQL is.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed.</exception>
    public static string Program(string name) => Path.Combine(FindPrograms(), name);

    public void Dispose()
    {
        if (!Servers.Remove(this))
            return;
        RunAsServer("pg_ctl", "-D", folder["data"], "-m", "immediate", "-w", "stop");
        folder.Dispose();
    }

    private void RunAsServer(string program, params ReadOnlySpan<string> arguments)
    {
        var path = Program(program);
        if (Environment.IsPrivilegedProcess)
            Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments]);
        else
            Run(path, arguments);
    }

    private void Run(string program, params ReadOnlySpan<string> arguments)
    {
        // Through a shell: a server that is started would hold on to a pipe.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" </dev/null >>\"$0\" 2>&1", folder["output"], program, .. arguments])
        {
            WorkingDirectory = "/",
        };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} failed: {File.ReadAllText(folder["output"])}");
    }

    private static string FindPrograms()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).OrderDescending()
            : Enumerable.Empty<string>();
        return debian.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(candidate => File.Exists(Path.Combine(candidate, "initdb")))
            ?? throw new InvalidOperationException("PostgreSQL is not installed (Debian: apt-get install postgresql), or say --postgres CONNECTION.");
    }
}
